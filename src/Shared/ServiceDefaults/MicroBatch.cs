using System.Diagnostics;
using System.Threading.Channels;

namespace DaprOrders.ServiceDefaults;

/// <summary>
/// Hands on what arrives together in one call: one invocation, transaction or publish for many orders. The answers come back in the order
/// of the items; a failed call fails every item of its batch. Safe for concurrent use.
/// Calls begin at least <paramref name="spacing"/> apart, and at most <paramref name="parallel"/> are under way: a lone item goes at once,
/// and under load batches grow by themselves.
/// A batch with a <paramref name="name"/> is a span: a lone item's goes on in the item's trace, one of many begins a trace with links to theirs.
/// </summary>
public sealed class MicroBatch<TItem, TResult> : IAsyncDisposable
{
    private const int QueueLimit = 50_000;
    private static readonly ActivitySource Source = new("DaprOrders.Batches");
    private readonly Channel<Waiting> queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(QueueLimit) { SingleReader = true });
    private readonly Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> call;
    private readonly string? name;
    private readonly int maxItems;
    private readonly int parallel;
    private readonly TimeSpan spacing;
    private readonly SemaphoreSlim slots;
    private readonly Task loop;

    public MicroBatch(Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> call, int maxItems = 256, TimeSpan? spacing = null, int parallel = 4, string? name = null)
    {
        (this.call, this.maxItems, this.parallel, this.spacing, this.name) = (call, maxItems, parallel, spacing ?? TimeSpan.FromMilliseconds(2), name);
        slots = new SemaphoreSlim(parallel, parallel);
        using (ExecutionContext.SuppressFlow()) loop = Task.Run(LoopAsync); // else every call would belong to the request that happened to come first
    }

    public async Task<TResult> AddAsync(TItem item)
    {
        var trace = name is null ? default : Activity.Current?.Context ?? default;
        var waiting = new Waiting(item, trace, new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously));
        await queue.Writer.WriteAsync(waiting);
        return await waiting.Done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        if (!queue.Writer.TryComplete()) return; // disposed of before
        await loop;
        for (var i = 0; i < parallel; i++) await slots.WaitAsync(); // the calls under way have ended
        slots.Dispose();
    }

    /// <summary>Ends when the queue is completed and empty.</summary>
    private async Task LoopAsync()
    {
        var last = 0L; // long ago
        while (await queue.Reader.WaitToReadAsync())
        {
            await slots.WaitAsync();
            var rest = spacing - Stopwatch.GetElapsedTime(last);
            if (rest > TimeSpan.Zero) await Task.Delay(rest);
            last = Stopwatch.GetTimestamp();
            var batch = new List<Waiting>();
            while (batch.Count < maxItems && queue.Reader.TryRead(out var waiting)) batch.Add(waiting);
            _ = CallAsync(batch);
        }
    }

    private async Task CallAsync(List<Waiting> batch)
    {
        try
        {
            await SendAsync(batch);
        }
        finally
        {
            slots.Release(); // its span has ended
        }
    }

    private async Task SendAsync(List<Waiting> batch)
    {
        using var span = Begin(batch);
        try
        {
            var results = await call(batch.ConvertAll(waiting => waiting.Item));
            if (results.Count != batch.Count) throw new InvalidOperationException($"A batch of {batch.Count} was answered with {results.Count} results.");
            for (var i = 0; i < batch.Count; i++) batch[i].Done.TrySetResult(results[i]);
        }
        catch (Exception e)
        {
            span?.SetStatus(ActivityStatusCode.Error, e.Message);
            foreach (var waiting in batch) waiting.Done.TrySetException(e); // the callers decide what it means
        }
    }

    private Activity? Begin(List<Waiting> batch)
    {
        if (name is null || !Source.HasListeners()) return null;
        var traces = batch.Select(waiting => waiting.Trace).Where(trace => trace != default).Distinct().ToList();
        return traces.Count == 1
            ? Source.StartActivity(name, ActivityKind.Internal, traces[0])
            : Source.StartActivity(name, ActivityKind.Internal, default(ActivityContext), [new("items", batch.Count)], traces.Select(trace => new ActivityLink(trace)));
    }

    private readonly record struct Waiting(TItem Item, ActivityContext Trace, TaskCompletionSource<TResult> Done);
}
