using System.Threading.Channels;
using LocalDapr.Engine.History;
using LocalDapr.Engine.Records;
using LocalDapr.Engine.Storage;

namespace LocalDapr.Engine.Hub;

/// <summary>Changes that become durable together, or not at all.</summary>
internal sealed class CommitUnit
{
    public List<Change> Changes { get; } = new(2);

    /// <summary>Nothing but what came in, and a worker has its turn by now.</summary>
    public bool IsArrival => Changes.Count > 0 && Changes.TrueForAll(change => change.IsArrival);

    /// <summary>Completes once durable, when somebody asked for it.</summary>
    public TaskCompletionSource? Done { get; private set; }

    public Task WhenDurable() => (Done ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
}

/// <summary>One record of one instance and what becomes visible with it. Without a record the instance is purged.</summary>
internal sealed record Change(Instance Instance, long Sequence, InstanceRecord? Record, InstanceSummary? After)
{
    public bool Begins { get; init; }

    /// <summary>Nothing but a start, an event or a result, which a worker may see before it is durable.</summary>
    public bool IsArrival { get; init; }

    /// <summary>The activities, children and timers that the record tells of are not to be done.</summary>
    public bool IsOverruled { get; init; }

    /// <summary>When the instance wakes by itself, where that has changed.</summary>
    public Moment? Wakes { get; init; }

    /// <summary>The end is written, but recovery is to find the instance: something remains to be done for it.</summary>
    public bool StaysUnfinished { get; init; }
}

/// <summary>
/// The one way to the store: takes everything that has queued up while the last write was under way and writes it as one group. Order is
/// kept. A
/// write that fails is tried again with growing pauses; until then nothing of it is acted upon, so nothing is lost or claimed too early, and
/// callers from outside are refused once that has gone on for a while.
/// </summary>
internal sealed class Committer(IWorkflowStore store, EngineOptions options, TimeProvider time, Action<IReadOnlyList<CommitUnit>> committed)
{
    private const int MaxGroup = 2_000;

    private static readonly TimeSpan passing = TimeSpan.FromSeconds(1);

    private readonly Channel<CommitUnit> _queue =
        Channel.CreateUnbounded<CommitUnit>(new UnboundedChannelOptions { SingleReader = true });
    private readonly RecordWriter _writer = new();
    private int _queued;
    private TaskCompletionSource? _room;

    // Why nothing can be written, for about a second or longer.
    private volatile Exception? _failing;

    /// <summary>
    /// Waits while too many commits are queued. Callers from outside ask; the engine's own commits are bounded by the open work items.
    /// </summary>
    /// <exception cref="WorkflowException">Unreachable: the store cannot be written now.</exception>
    public Task RoomAsync(CancellationToken cancellation)
    {
        if (_failing is { } fault) throw WorkflowException.NotWritable(fault);
        if (Volatile.Read(ref _queued) < options.MaxQueuedCommits) return Task.CompletedTask;
        var room = Volatile.Read(ref _room);
        if (room is null)
        {
            var created = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            room = Interlocked.CompareExchange(ref _room, created, null) ?? created;
        }
        if (Volatile.Read(ref _queued) < options.MaxQueuedCommits) Interlocked.Exchange(ref _room, null)?.TrySetResult();
        return room.Task.WaitAsync(cancellation);
    }

    public void Enqueue(CommitUnit unit)
    {
        Interlocked.Increment(ref _queued);
        // After the stop nothing is written any more: whoever waits must hear that it is not durable.
        if (!_queue.Writer.TryWrite(unit)) unit.Done?.TrySetCanceled();
    }

    public void Complete() => _queue.Writer.TryComplete();

    /// <summary>Ends when <see cref="Complete"/> was called and everything queued is written, or on cancellation.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var group = new List<CommitUnit>();
        var writes = new List<StoreWrite>();
        while (await _queue.Reader.WaitToReadAsync(cancellation))
        {
            Gather(group, writes);
            if (AwaitsTurns(group) && await HasSoonAsync(cancellation)) Gather(group, writes);
            await WriteAsync(writes, cancellation);
            if (Interlocked.Add(ref _queued, -group.Count) < options.MaxQueuedCommits) Interlocked.Exchange(ref _room, null)?.TrySetResult();
            committed(group);
            TellDurable(group);
            group.Clear();
            writes.Clear();
        }
    }

    // Work goes out before acknowledgements: the next step of an instance waits for the one, nobody for the other. Completed here, their
    // continuations would run before the worker's reader, which is woken through the pool's common queue.
    private static void TellDurable(List<CommitUnit> group)
    {
        var waited = group.ConvertAll(unit => unit.Done);
        if (waited.RemoveAll(done => done is null) == group.Count) return;
        ThreadPool.UnsafeQueueUserWorkItem(
            static waited =>
            {
                foreach (var done in waited) done!.TrySetResult();
            },
            waited,
            preferLocal: false);
    }

    private void Gather(List<CommitUnit> group, List<StoreWrite> writes)
    {
        while (group.Count < MaxGroup && _queue.Reader.TryRead(out var unit))
        {
            group.Add(unit);
            foreach (var change in unit.Changes) writes.Add(ToWrite(change));
        }
    }

    private bool AwaitsTurns(List<CommitUnit> group) =>
        options.ArrivalPatience > TimeSpan.Zero && group.TrueForAll(unit => unit.IsArrival);

    // The turn that takes what came in is with its worker already: its commit is waited for, for a moment, so that both need one fsync.
    private async Task<bool> HasSoonAsync(CancellationToken cancellation)
    {
        var more = _queue.Reader.WaitToReadAsync(cancellation);
        if (more.IsCompleted) return await more;
        var waiting = more.AsTask();
        return await Task.WhenAny(waiting, Task.Delay(options.ArrivalPatience, cancellation)) == waiting && await waiting;
    }

    private async Task WriteAsync(List<StoreWrite> writes, CancellationToken cancellation)
    {
        for (var pause = TimeSpan.FromMilliseconds(20); ; pause = pause < TimeSpan.FromSeconds(2) ? pause * 2 : pause)
        {
            try
            {
                await store.AppendAsync(writes, cancellation);
                _failing = null;
                return;
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                options.OnFault(fault);
                if (pause >= passing) _failing = fault;
                await Task.Delay(pause, time, cancellation);
            }
        }
    }

    private StoreWrite ToWrite(Change change)
    {
        if (change.Record is not { } record)
            return new StoreWrite(change.Instance.Id, change.Sequence, ReadOnlyMemory<byte>.Empty) { Purges = true };
        var completed = change.StaysUnfinished ? null : change.After?.Completed;
        return new StoreWrite(change.Instance.Id, change.Sequence, record.Encode(_writer))
        {
            Begins = change.Begins,
            WakesAt = change.Wakes?.ToDateTimeOffset(),
            Truncates = record.Restarts,
            FinishedAs = completed?.Status,
            FinishedAt = completed?.Timestamp.ToDateTimeOffset() ?? default,
        };
    }
}
