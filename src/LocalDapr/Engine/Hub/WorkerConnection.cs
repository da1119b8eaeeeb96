using System.Threading.Channels;

namespace LocalDapr.Engine.Hub;

/// <summary>How a worker connects.</summary>
public sealed record WorkerOptions
{
    /// <summary>The worker keeps instances in memory: turns come to the connection that had the last one, without the history.</summary>
    public bool KeepsInstances { get; init; }

    /// <summary>
    /// The network connection of a worker whose answers come as calls of their own, beside its stream. An answer without a token that comes over
    /// a connection which lost a turn of the instance is not taken for the turn that somebody else has now.
    /// </summary>
    public string? Peer { get; init; }

    public int MaxOpenTurns { get; init; } = 1_000;

    public int MaxOpenActivities { get; init; } = 4_000;
}

/// <summary>
/// A connected worker. <see cref="TakeAsync"/> is called by one reader at a time; everything else is thread-safe. Disposing gives all
/// items in hand
/// out again to others.
/// </summary>
public sealed class WorkerConnection : IDisposable
{
    private readonly WorkflowEngine _engine;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    internal WorkerConnection(WorkflowEngine engine, WorkerOptions options)
    {
        _engine = engine;
        Options = options;
    }

    internal WorkerOptions Options { get; }

    // Guarded by the engine's lock.
    internal Queue<Instance> StickyTurns { get; } = [];

    internal HashSet<Instance> OpenTurns { get; } = [];

    internal HashSet<ActivityItem> OpenActivities { get; } = [];

    internal bool IsClosed { get; set; }

    /// <summary>Its reader found nothing and waits. One that does not wait looks again by itself, so it needs no waking.</summary>
    internal bool IsWaiting { get; set; }

    /// <summary>
    /// Fills the lists with work, at least one item, at most <paramref name="most"/> of each kind; false once the connection is closed.
    /// </summary>
    public async ValueTask<bool> TakeAsync(List<TurnItem> turns, List<ActivityItem> activities, int most, CancellationToken cancellation)
    {
        while (true)
        {
            // What a worker that is leaving were handed, it would do in vain.
            cancellation.ThrowIfCancellationRequested();
            if (_engine.Take(this, turns, activities, most)) return true;
            if (IsClosed) return false;
            await _wake.Reader.ReadAsync(cancellation);
        }
    }

    /// <summary>Takes a worker's answer to a turn in; returns once it is decided, and the commit is on its way.</summary>
    public async ValueTask CompleteAsync(Turns.TurnResponse response, CancellationToken cancellation) =>
        await _engine.TryCompleteTurnAsync(response, this, new CommitUnit(), cancellation);

    /// <summary>
    /// Takes activity results in. They are not durable before the turn that consumes them; until then a crash runs the activity again.
    /// </summary>
    public void Complete(IReadOnlyList<ActivityResult> results) => _engine.CompleteActivities(results);

    /// <summary>The worker has lost its copy of the instance: the open turn comes again with the whole history.</summary>
    public void Missed(string instanceId) => _engine.GiveOutAgain(instanceId, this);

    public void Dispose() => _engine.Disconnect(this);

    internal void Wake()
    {
        IsWaiting = false;
        _engine.Wake_NeedsLock(this);
    }

    internal void Signal() => _wake.Writer.TryWrite(true);
}
