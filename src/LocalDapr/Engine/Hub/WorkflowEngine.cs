using LocalDapr.Engine.History;
using LocalDapr.Engine.Records;
using LocalDapr.Engine.Storage;
using LocalDapr.Engine.Turns;

namespace LocalDapr.Engine.Hub;

/// <summary>
/// The workflow engine of one app: instances in memory, turns and activities for the workers, one commit path to the store. Thread-safe.
/// One lock guards everything in memory; it is held for deciding only, never while the store or a worker is waited for. Commits are queued
/// under
/// that lock, so their order is the order of the decisions, and whatever leaves the engine (work items, answers) leaves after its commit.
/// </summary>
public sealed partial class WorkflowEngine : IAsyncDisposable
{
    private readonly Dictionary<string, Instance> _instances = new(StringComparer.Ordinal);
    private readonly Queue<Instance> _finished = [];
    private readonly HashSet<Instance> _stalled = [];
    private readonly EngineOptions _options;
    private readonly IWorkflowStore _store;
    private readonly TimeProvider _time;
    private readonly Committer _committer;
    private readonly TimerHeap _timers;
    private readonly CancellationTokenSource _stopping = new();

    // Valid after the end too, for those who come then.
    private readonly CancellationToken _stopped;
    private readonly EventRouter _here;
    private readonly EngineMeter _meter;
    private readonly TurnFacts _facts;
    private Task _committing = Task.CompletedTask;
    private Task _sweeping = Task.CompletedTask;
    private Task _waking = Task.CompletedTask;

    public WorkflowEngine(EngineOptions options, IWorkflowStore store, TimeProvider time)
    {
        _options = options;
        _store = store;
        _time = time;
        _stopped = _stopping.Token;
        _here = new EventRouter(options.AppId);
        _meter = new EngineMeter(options, time);
        _facts = new TurnFacts(options.AppId, default, static () => Guid.NewGuid().ToString())
        {
            IsActive = IsActive_NeedsLock,
            ReachesOtherApps = options.Link is not null,
            MaxPayloadBytes = options.MaxPayloadBytes,
            SizeOf = options.SizeOf,
            NamesSteps = options.OnSpan is not null,
        };
        _turnLimits = new NamedLimits<Instance>(options.MaxOpenTurnsOf);
        _activityLimits = new NamedLimits<ActivityItem>(options.MaxOpenActivitiesOf);
        _committer = new Committer(store, options, time, OnCommitted);
        _timers = new TimerHeap(time, OnTimersDue, IsOpen_NeedsLock);
    }

    /// <summary>
    /// Brings every instance back from the store that something is under way in, with its inbox, open activities and timers; those that
    /// only wait stay where they are until they are needed.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        _committing = Task.Run(CommitAsync, CancellationToken.None);
        await WakeThroughAsync(_time.GetUtcNow() + WakeAhead, cancellation);
        var ticks = new PeriodicTimer(WakeEvery, _time);
        _waking = Task.Run(() => WakeAsync(ticks, _stopped), CancellationToken.None);
        if (!_options.Retention.KeepsAll) _sweeping = Task.Run(() => SweepAsync(_stopped), CancellationToken.None);
    }

    /// <summary>
    /// Writes what is queued, then stops. Work items in the workers' hands are given out again after the next start; whoever waits for an
    /// instance or a worker is told.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _committer.Complete();
        var written = await Task.WhenAny(_committing, Task.Delay(TimeSpan.FromSeconds(5))) == _committing;
        await _stopping.CancelAsync();
        using (Enter())
        {
            _timers.Dispose();
            foreach (var worker in _workers.ToArray()) Disconnect_NeedsLock(worker);
            foreach (var instance in _instances.Values) instance.FailWaiters(WorkflowException.Stopped());
            _firstWorker?.TrySetException(WorkflowException.Stopped());
        }
        if (written) await _committing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _sweeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _waking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
        _meter.Dispose();
    }

    /// <summary>Completes when everything that is queued for the store now is durable.</summary>
    internal Task FlushAsync()
    {
        using (Enter()) return WhenWritten_NeedsLock();
    }

    private Task WhenWritten_NeedsLock()
    {
        var unit = new CommitUnit();
        var durable = unit.WhenDurable();
        _committer.Enqueue(unit);
        return durable;
    }

    private Task Commit_NeedsLock(Change change)
    {
        var unit = new CommitUnit();
        unit.Changes.Add(change);
        var durable = unit.WhenDurable();
        _committer.Enqueue(unit);
        return durable;
    }

    /// <summary>What memory says of the instance may be ahead of the store: who is told of it is told when the store has it.</summary>
    private Task WhenDurable_NeedsLock(Instance instance) => instance.Uncommitted == 0 ? Task.CompletedTask : WhenWritten_NeedsLock();

    private Task WhenDurable_NeedsLock(string id) =>
        _instances.TryGetValue(id, out var instance) ? WhenDurable_NeedsLock(instance) : Task.CompletedTask;

    // The only way to the store: without it nothing is answered any more, and whoever runs the engine must know.
    private async Task CommitAsync()
    {
        try
        {
            await _committer.RunAsync(_stopped);
        }
        catch (Exception fault) when (!_stopping.IsCancellationRequested)
        {
            _options.OnBroken(fault);
            throw;
        }
    }

    internal int InstancesInMemory
    {
        get
        {
            using (Enter()) return _instances.Count;
        }
    }

    private Moment Now => Moment.From(_time.GetUtcNow());

    private bool IsActive_NeedsLock(string id) => _instances.TryGetValue(id, out var instance) && instance.IsActive;

    /// <summary>
    /// The instance in memory, loaded if need be; a placeholder when the store has none. It may be evicted before the caller has the
    /// lock.
    /// </summary>
    internal async ValueTask<Instance> AcquireAsync(string id, CancellationToken cancellation)
    {
        while (true)
        {
            Instance? instance;
            Task? loading = null;
            using (Enter())
            {
                if (!_instances.TryGetValue(id, out instance))
                    _instances.Add(id, instance = new Instance(id) { Loading = new(TaskCreationOptions.RunContinuationsAsynchronously) });
                else if (instance.Loading is null)
                    return instance;
                else
                    loading = instance.Loading.Task;
            }
            if (loading is null)
            {
                await LoadAsync(instance);
                return instance;
            }
            await loading.WaitAsync(cancellation);
        }
    }

    internal bool TryHold(Instance instance)
    {
        using (Enter())
        {
            if (instance.Evicted) return false;
            instance.Holds++;
            return true;
        }
    }

    internal void LetGo(IReadOnlyCollection<Instance> held)
    {
        using (Enter())
        {
            foreach (var instance in held)
            {
                instance.Holds--;
                if (instance.IsActive) Rest_NeedsLock(instance);
                else Retire_NeedsLock(instance);
            }
        }
    }

    private async Task LoadAsync(Instance instance)
    {
        var loading = instance.Loading!;
        try
        {
            var records = await _store.LoadAsync(instance.Id, _stopped);
            using (Enter())
            {
                foreach (var record in records ?? []) instance.Fold(InstanceRecord.Decode(record.Bytes.Span));
                instance.Loading = null;
                if (records is { Count: > 0 }) Revive_NeedsLock(instance, records);
                else Retire_NeedsLock(instance, isLoaded: true);
            }
        }
        catch
        {
            using (Enter()) Evict_NeedsLock(instance);
            throw;
        }
        finally
        {
            loading.TrySetResult();
        }
    }

    private void Revive_NeedsLock(Instance instance, IReadOnlyList<StoredRecord> records)
    {
        instance.Loaded(records[^1].Sequence);
        instance.Visible = InstanceSummary.Of(instance.Id, instance.State, instance.CustomStatus, instance.Updated);
        if (!instance.IsActive)
        {
            Retire_NeedsLock(instance, isLoaded: true);
            return;
        }
        if (instance.State.Stalled is not null) _stalled.Add(instance);
        foreach (var task in instance.State.OpenActivities.Values)
        {
            if (!instance.HasResultFor(task.EventId)) QueueActivity_NeedsLock(instance, task);
        }
        foreach (var child in instance.State.OpenChildren.Values)
        {
            if (!IsOfThisApp(child) && !instance.HasChildResultFor(child.EventId)) SendAway_NeedsLock(instance, child);
        }
        foreach (var timer in instance.State.OpenTimers.Values) AddTimer_NeedsLock(instance, timer);
        if (instance.State.Started is null) NoteScheduledStart_NeedsLock(instance);
        instance.StoredWake = instance.WakesAt();
        MakeReady_NeedsLock(instance);
        Rest_NeedsLock(instance, isLoaded: true);
    }

    private void NoteScheduledStart_NeedsLock(Instance instance)
    {
        if (instance.IsLetter || instance.Inbox is not [{ Event: ExecutionStarted { ScheduledStart: { } at } start }] || at <= Now) return;
        instance.StartsAt = at;
        _timers.Add(new TimerEntry(instance.Id, start.ExecutionId, null), at);
    }

    /// <summary>Applies a record in memory and makes it a change for the unit that will carry it to the store.</summary>
    private static Change Append_NeedsLock(Instance instance, InstanceRecord record, bool begins = false)
    {
        instance.Fold(record);
        instance.Uncommitted++;
        var after = InstanceSummary.Of(instance.Id, instance.State, instance.CustomStatus, instance.Updated);
        return new Change(instance, instance.NextSequence(), record, after) { Begins = begins, Wakes = NewWake_NeedsLock(instance, begins) };
    }

    private static Moment? NewWake_NeedsLock(Instance instance, bool begins)
    {
        if (!instance.IsActive) return null;
        var wakes = instance.WakesAt();
        if (!begins && instance.StoredWake == wakes) return null;
        instance.StoredWake = wakes;
        return wakes;
    }

    private static Change Post_NeedsLock(Instance instance, HistoryEvent happened) =>
        Append_NeedsLock(instance, new InstanceRecord { At = happened.Timestamp, Inbox = [new InboxEvent(instance.NextInbox(), happened)] });

    private void OnCommitted(IReadOnlyList<CommitUnit> units)
    {
        using (Enter())
        {
            foreach (var unit in units)
            {
                foreach (var change in unit.Changes) Show_NeedsLock(change);
            }
        }
    }

    // From here on the change is durable: others may see it, and what it asks for is done.
    private void Show_NeedsLock(Change change)
    {
        var instance = change.Instance;
        instance.Uncommitted--;
        if (change.IsArrival) instance.UncommittedArrivals--;
        instance.Visible = change.After;
        foreach (var happened in change.Record?.History ?? [])
        {
            if (change.IsOverruled && happened is TaskScheduled or TimerCreated or ChildCreated) continue;
            if (happened is TaskScheduled task) QueueActivity_NeedsLock(instance, task);
            else if (happened is TimerCreated timer) AddTimer_NeedsLock(instance, timer);
            else if (happened is ExecutionCompleted completed && instance.State.Started is { } started)
            {
                var first = instance.State.History.FirstOrDefault(static step => step is WorkflowStarted) ?? completed;
                _meter.Ended(started, completed, first.Timestamp, Now);
                TellEnd_NeedsLock(instance, started, completed);
            }
            else if (happened is ChildCreated child && !IsOfThisApp(child) && instance.IsActive) SendAway_NeedsLock(instance, child);
        }
        instance.TellWaiters();
        MakeReady_NeedsLock(instance);
        Rest_NeedsLock(instance);
        if (change.StaysUnfinished && instance.State.Completed is { } end) TakeLeave_NeedsLock(instance, end);
        if (instance.IsActive) return;
        if (instance.IsLetter) Evict_NeedsLock(instance);
        else Retire_NeedsLock(instance);
    }

    /// <summary>
    /// Finished instances and placeholders stay for a while, for those who ask soon after; then the oldest leave, but not one that was just
    /// loaded.
    /// </summary>
    private void Retire_NeedsLock(Instance instance, bool isLoaded = false)
    {
        if (!instance.InFinishedList)
        {
            instance.InFinishedList = true;
            _finished.Enqueue(instance);
        }
        for (var looks = Looks(_finished, isLoaded); _finished.Count > _options.FinishedInMemory && looks > 0; looks--)
        {
            var oldest = _finished.Dequeue();
            oldest.InFinishedList = false;
            if (oldest.CanLeaveMemory) Evict_NeedsLock(oldest);
            else if (!oldest.IsActive) _finished.Enqueue(oldest);
            if (!oldest.Evicted && !oldest.IsActive) oldest.InFinishedList = true;
        }
    }

    private void Evict_NeedsLock(Instance instance)
    {
        instance.Evicted = true;
        if (instance.IsLetter) _letters.Remove(instance);
        if (_instances.TryGetValue(instance.Id, out var held) && ReferenceEquals(held, instance)) _instances.Remove(instance.Id);
    }
}
