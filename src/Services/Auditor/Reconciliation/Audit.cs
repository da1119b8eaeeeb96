using System.Collections.Concurrent;
using DaprOrders.Auditor.Saved;

namespace DaprOrders.Auditor.Reconciliation;

/// <summary>
/// The running books and the verdict that they last gave. Passes run one at a time; who asks meanwhile gets the last verdict, which says as of when it is.
/// A process begins with the books that the one before it saved. Safe for concurrent use.
/// </summary>
internal sealed partial class Audit(FollowBooks follow, BookStore store, TimeProvider time, ILogger<Audit> log) : IDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1), Patience = TimeSpan.FromMilliseconds(500), FirstPatience = TimeSpan.FromSeconds(20);
    private readonly SemaphoreSlim one = new(1, 1);
    private readonly CancellationTokenSource ending = new();
    private readonly ConcurrentQueue<string> heard = new();
    private readonly Lock starting = new();
    private readonly TaskCompletionSource restored = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RunningBooks? books;
    private Task<Verdict>? underWay;
    private volatile Verdict? last;

    /// <summary>Null before the first.</summary>
    public Verdict? Last => last;

    public int Waiting => heard.Count;

    /// <summary>The bus told of an order: the next pass looks whether the event store knows it.</summary>
    public void Heard(string orderId) => heard.Enqueue(orderId);

    /// <summary>The verdict so far, brought up to date as far as half a second goes; only before the first one it takes longer.</summary>
    public async Task<Verdict> SoFarAsync(CancellationToken cancellation)
    {
        if (last is { } verdict && time.GetUtcNow() - verdict.AsOf < Fresh) return verdict;
        var following = Joined();
        try
        {
            if (last is null) await Task.WhenAny(following, restored.Task).WaitAsync(FirstPatience, time, cancellation);
            return await following.WaitAsync(last is null ? FirstPatience : Patience, time, cancellation);
        }
        catch (Exception e) when (last is not null && e is TimeoutException or HttpRequestException)
        {
            return last; // an older one that says so; its age is a metric
        }
    }

    /// <summary>Reads what is new. Joined by whoever asks while it goes on, and not ended by any of them.</summary>
    public Task<Verdict> FollowAsync() => Joined();

    /// <summary>A full reconciliation: all books from their first page, whose result is what is followed from then on.</summary>
    public Task<Verdict> RunAsync(CancellationToken cancellation) => AloneAsync(new RunningBooks(), cancellation);

    /// <summary>Keeps the books as they are, so that the next process goes on from here. Nothing to do before the first pass.</summary>
    public async Task SaveAsync(CancellationToken cancellation)
    {
        await one.WaitAsync(cancellation);
        try
        {
            if (books is not null) await store.SaveAsync(books, cancellation);
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose()
    {
        ending.Cancel();
        ending.Dispose();
        one.Dispose();
    }

    private Task<Verdict> Joined()
    {
        lock (starting)
        {
            if (underWay is null or { IsCompleted: true }) underWay = AloneAsync(null, ending.Token);
            return underWay;
        }
    }

    private async Task<Verdict> AloneAsync(RunningBooks? anew, CancellationToken cancellation)
    {
        await one.WaitAsync(cancellation);
        try
        {
            var current = anew ?? books ?? await RestoreAsync(cancellation) ?? new RunningBooks();
            await PassesAsync(current, whole: current != books, cancellation);
            books = current;
            return last = current.Sum(time.GetUtcNow());
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>Null when there are none that can be gone on from: then all is read. Asked again as long as no pass came to its end.</summary>
    private async Task<RunningBooks?> RestoreAsync(CancellationToken cancellation)
    {
        try
        {
            if (await store.LoadAsync(cancellation) is not { } saved) return null;
            if (!await follow.KnowsAsync(saved, cancellation)) throw new InvalidDataException("The event store does not know their newest order.");
            (books, last) = (saved, saved.Sum(time.GetUtcNow()));
            GoesOn(log, saved.Settled.Count, saved.AsOf);
            return saved;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            NotRestored(log, e.Message);
            return null;
        }
        finally
        {
            restored.TrySetResult();
        }
    }

    /// <summary>The books are read one after the other while the shop goes on, so a finding counts only when a second pass finds it too.</summary>
    private async Task PassesAsync(RunningBooks current, bool whole, CancellationToken cancellation)
    {
        await follow.PassAsync(current, whole, heard, cancellation);
        if (current.IsInDoubt) await follow.PassAsync(current, whole: false, heard, cancellation);
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "The audit goes on from saved books: {Settled} orders are settled, as of {AsOf:O}")]
    private static partial void GoesOn(ILogger logger, int settled, DateTimeOffset asOf);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "The saved books cannot be gone on from, all books are read anew: {Reason}")]
    private static partial void NotRestored(ILogger logger, string reason);
}
