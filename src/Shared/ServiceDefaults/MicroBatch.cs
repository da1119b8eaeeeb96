using System.Threading.Channels;

namespace DaprOrders.ServiceDefaults;

/// <summary>
/// Gathers what arrives within a short window and hands it on in one call: one invocation, transaction or publish for many orders.
/// The answers come back in the order of the items; a failed call fails every item of its batch. Safe for concurrent use.
/// At most <paramref name="parallel"/> calls are under way; while they are, what arrives next gathers, so batches grow with the load.
/// </summary>
public sealed class MicroBatch<TItem, TResult> : IAsyncDisposable
{
    private const int QueueLimit = 50_000;
    private readonly Channel<Waiting> queue = Channel.CreateBounded<Waiting>(QueueLimit);
    private readonly Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> call;
    private readonly int maxItems;
    private readonly TimeSpan window;
    private readonly Task[] loops;

    public MicroBatch(Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> call, int maxItems = 256, TimeSpan? window = null, int parallel = 4)
    {
        (this.call, this.maxItems, this.window) = (call, maxItems, window ?? TimeSpan.FromMilliseconds(1));
        loops = [.. Enumerable.Range(0, parallel).Select(_ => Task.Run(LoopAsync))];
    }

    public async Task<TResult> AddAsync(TItem item)
    {
        var waiting = new Waiting(item, new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously));
        await queue.Writer.WriteAsync(waiting);
        return await waiting.Done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        await Task.WhenAll(loops);
    }

    /// <summary>Ends when the queue is completed and empty.</summary>
    private async Task LoopAsync()
    {
        var batch = new List<Waiting>();
        while (await queue.Reader.WaitToReadAsync())
        {
            if (window > TimeSpan.Zero) await Task.Delay(window);
            while (batch.Count < maxItems && queue.Reader.TryRead(out var waiting)) batch.Add(waiting);
            if (batch.Count == 0) continue;
            await CallAsync(batch);
            batch.Clear();
        }
    }

    private async Task CallAsync(List<Waiting> batch)
    {
        try
        {
            var results = await call([.. batch.Select(waiting => waiting.Item)]);
            if (results.Count != batch.Count) throw new InvalidOperationException($"A batch of {batch.Count} was answered with {results.Count} results.");
            for (var i = 0; i < batch.Count; i++) batch[i].Done.TrySetResult(results[i]);
        }
        catch (Exception e)
        {
            foreach (var waiting in batch) waiting.Done.TrySetException(e); // the callers decide what it means
        }
    }

    private readonly record struct Waiting(TItem Item, TaskCompletionSource<TResult> Done);
}
