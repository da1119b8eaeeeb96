using LocalDapr.Engine.History;
using LocalDapr.Engine.Records;
using LocalDapr.Engine.Turns;

namespace LocalDapr.Engine.Hub;

/// <summary>
/// An instance in memory. Everything here is guarded by the engine's lock. <see cref="State"/> and <see cref="Inbox"/> run ahead of the
/// store by the
/// commits that are under way; <see cref="Visible"/> is what the store has.
/// </summary>
internal sealed class Instance(string id)
{
    private List<Waiter>? _waiters;

    public string Id { get; } = id;

    /// <summary>It is no workflow of this app (see <see cref="Letter"/>).</summary>
    public bool IsLetter { get; } = Letter.IsId(id);

    public InstanceState State { get; private set; } = new();

    public List<InboxEvent> Inbox { get; private set; } = [];

    public string? CustomStatus { get; private set; }

    /// <summary>When its history last changed.</summary>
    public Moment Updated { get; private set; }

    public InstanceSummary? Visible { get; set; }

    public bool Exists { get; private set; }

    /// <summary>Set while the store is being asked; completes when the fields are valid.</summary>
    public TaskCompletionSource? Loading { get; set; }

    /// <summary>No longer in the engine's map: whoever holds it must look it up again.</summary>
    public bool Evicted { get; set; }

    public int Uncommitted { get; set; }

    /// <summary>
    /// Of the uncommitted changes, those that only came in: starts, events, results. A turn may see them before they are durable: its own
    /// commit comes behind theirs, and a crash between undoes both.
    /// </summary>
    public int UncommittedArrivals { get; set; }

    /// <summary>What the next turn starts from is not durable yet.</summary>
    public bool IsDeciding => Uncommitted > UncommittedArrivals;

    /// <summary>Operations that need it in memory until they have decided (see <see cref="HeldInstances"/>).</summary>
    public int Holds { get; set; }

    public OpenTurn? Turn { get; set; }

    /// <summary>The connections whose workers left with a turn of it in hand; their answers may still come.</summary>
    public HashSet<string>? LostBy { get; set; }

    public bool IsQueued { get; set; }

    /// <summary>It stalled with the workers there are: only a new one changes that.</summary>
    public bool WaitsForOtherWorker { get; set; }

    /// <summary>The first turn waits for this time, unless something else arrives before.</summary>
    public Moment? StartsAt { get; set; }

    /// <summary>The worker connection that has this instance in its memory, up to the history as it is now.</summary>
    public WorkerConnection? CachedBy { get; set; }

    public bool InFinishedList { get; set; }

    public bool InIdleList { get; set; }

    /// <summary>When the instance wakes by itself, as the last record says that was made for the store.</summary>
    public Moment? StoredWake { get; set; }

    /// <summary>Nothing is under way: it waits for an event, a child, a timer or its scheduled start.</summary>
    public bool IsIdle => IsActive && Loading is null && Uncommitted == 0 && Turn is null && !IsQueued
        && (Inbox.Count == 0 || (Inbox.Count == 1 && StartsAt is not null))
        && State.OpenActivities.Count == 0 && State.Stalled is null && Away is not { Count: > 0 };

    /// <summary>Activities and children in other apps that are waited for, by task id; ending one stops the waiting.</summary>
    public Dictionary<int, CancellationTokenSource>? Away { get; set; }

    /// <summary>Completes when all that was waited for so has been told that it is not waited for any more.</summary>
    public Task Recalled { get; set; } = Task.CompletedTask;

    /// <summary>It ended, and children in other apps are still being told so; until then the store has it as unfinished.</summary>
    public bool IsTakingLeave { get; set; }

    public bool HasWaiters => _waiters is { Count: > 0 };

    public bool IsActive => Exists && !State.IsTerminal;

    public bool CanLeaveMemory => Loading is null && Uncommitted == 0 && Holds == 0 && Turn is null && !HasWaiters && !IsActive && !IsTakingLeave;

    private long _nextSequence = 1;
    private long _nextInbox = 1;

    public long NextSequence() => _nextSequence++;

    public long NextInbox() => _nextInbox++;

    /// <summary>When the instance needs the engine by itself: at once while anything is under way, at its next timer, or never.</summary>
    public Moment WakesAt()
    {
        if (Inbox.Count > 0) return Inbox.Count == 1 && StartsAt is { } start ? start : default;
        if (State.OpenActivities.Count > 0 || State.Stalled is not null || State.HasChildrenElsewhere) return default;
        var next = Moment.Never;
        foreach (var timer in State.OpenTimers.Values)
        {
            if (timer.FireAt < next) next = timer.FireAt;
        }
        return next;
    }

    /// <summary>Takes over one record: from the store when loading, or on its way to it.</summary>
    public void Fold(InstanceRecord record)
    {
        // What only arrived has changed nothing yet.
        if (!Exists || record.Restarts || record.History.Count > 0) Updated = record.At;
        Exists = true;
        if (record.Restarts)
        {
            State = new InstanceState { Continued = record.Continues ? record.Inbox[0].Event as ExecutionStarted : null };
            Inbox = [.. record.Inbox];
            CachedBy = null;
        }
        else
        {
            if (record.ConsumedThrough > 0) Inbox.RemoveAll(item => item.Number <= record.ConsumedThrough);
            Inbox.AddRange(record.Inbox);
        }
        foreach (var happened in record.History) State.Apply(happened);
        if (record.SetsCustomStatus) CustomStatus = record.CustomStatus;
        _nextInbox = Math.Max(_nextInbox, record.ConsumedThrough + 1);
        foreach (var item in record.Inbox) _nextInbox = Math.Max(_nextInbox, item.Number + 1);
    }

    public void Loaded(long lastSequence) => _nextSequence = lastSequence + 1;

    /// <summary>The instance is gone, as if it had never been.</summary>
    public void Forget()
    {
        Exists = false;
        State = new InstanceState();
        Inbox = [];
        CustomStatus = null;
        CachedBy = null;
        StartsAt = null;
        StoredWake = null;
        Turn = null;
    }

    public void Add(HistoryEvent happened) => Inbox.Add(new InboxEvent(NextInbox(), happened));

    public bool HasResultFor(int taskId)
    {
        foreach (var item in Inbox)
        {
            if (item.Event is TaskCompleted completed && completed.TaskId == taskId) return true;
            if (item.Event is TaskFailed failed && failed.TaskId == taskId) return true;
        }
        return false;
    }

    public bool HasChildResultFor(int taskId)
    {
        foreach (var item in Inbox)
        {
            if (item.Event is ChildCompleted completed && completed.TaskId == taskId) return true;
            if (item.Event is ChildFailed failed && failed.TaskId == taskId) return true;
        }
        return false;
    }

    public void AddWaiter(Waiter waiter)
    {
        waiter.Instance = this;
        (_waiters ??= []).Add(waiter);
    }

    public void RemoveWaiter(Waiter waiter) => _waiters?.Remove(waiter);

    public void TellWaiters()
    {
        if (_waiters is not { Count: > 0 } || Visible is not { } summary) return;
        _waiters.RemoveAll(waiter => waiter.TryAnswer(summary));
    }

    public void FailWaiters(Exception error)
    {
        foreach (var waiter in _waiters ?? []) waiter.Fail(error);
    }
}

/// <summary>A turn that a worker has in its hands.</summary>
internal sealed record OpenTurn(WorkerConnection Worker, string Token, IReadOnlyList<HistoryEvent> NewEvents, long ConsumesThrough)
{
    /// <summary>Of the workflow: limits count by it.</summary>
    public required string Name { get; init; }
}

/// <summary>Somebody waits for an instance to reach a state.</summary>
internal sealed class Waiter(Func<InstanceSummary, bool> reached)
{
    private readonly TaskCompletionSource<InstanceSummary> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Where it waits.</summary>
    public Instance? Instance { get; set; }

    public Task<InstanceSummary> Answer => _answer.Task;

    public void Fail(Exception error) => _answer.TrySetException(error);

    public bool TryAnswer(InstanceSummary summary) => reached(summary) && (_answer.TrySetResult(summary) || true);
}
