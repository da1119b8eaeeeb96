using LocalDapr.Engine.History;
using LocalDapr.Engine.Traces;
using LocalDapr.Engine.Turns;

namespace LocalDapr.Engine.Hub;

// Who gets which work item: turns go to the connection that has the instance in memory, else to whoever takes first; activities to whoever
// takes.
public sealed partial class WorkflowEngine
{
    private readonly List<WorkerConnection> _workers = [];
    private readonly Queue<Instance> _readyTurns = [];
    private readonly Queue<ActivityItem> _readyActivities = [];
    private readonly NamedLimits<Instance> _turnLimits;
    private readonly NamedLimits<ActivityItem> _activityLimits;
    private TaskCompletionSource? _firstWorker;
    private int _nextWorker;
    private int _openTurns;
    private int _openActivities;
    private long _lastToken = Random.Shared.NextInt64(1L << 40);

    /// <summary>Completes while a worker is connected, at once or as soon as one is.</summary>
    public Task WhenWorkerAsync(CancellationToken cancellation)
    {
        using (Enter())
        {
            if (_workers.Count > 0) return Task.CompletedTask;
            if (_stopped.IsCancellationRequested) throw WorkflowException.Stopped();
            _firstWorker ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _firstWorker.Task.WaitAsync(cancellation);
        }
    }

    public WorkerConnection Connect(WorkerOptions options)
    {
        var worker = new WorkerConnection(this, options);
        using (Enter())
        {
            _workers.Add(worker);
            _firstWorker?.TrySetResult();
            _firstWorker = null;
            // A new worker may fit where the others did not.
            foreach (var instance in _stalled.ToArray())
            {
                instance.WaitsForOtherWorker = false;
                Enqueue_NeedsLock(instance);
            }
        }
        return worker;
    }

    internal void Disconnect(WorkerConnection worker)
    {
        using (Enter()) Disconnect_NeedsLock(worker);
    }

    internal void GiveOutAgain(string instanceId, WorkerConnection worker)
    {
        using (Enter())
        {
            if (!_instances.TryGetValue(instanceId, out var instance) || instance.Turn?.Worker != worker) return;
            CloseTurn_NeedsLock(instance);
            instance.CachedBy = null;
            instance.IsQueued = true;
            worker.StickyTurns.Enqueue(instance);
            worker.Wake();
        }
    }

    internal bool Take(WorkerConnection worker, List<TurnItem> turns, List<ActivityItem> activities, int most)
    {
        using (Enter())
        {
            if (worker.IsClosed) return false;
            TakeTurns_NeedsLock(worker, turns, most);
            TakeActivities_NeedsLock(worker, activities, most);
            var some = turns.Count > 0 || activities.Count > 0;
            worker.IsWaiting = !some;
            if (_readyTurns.Count > 0 || _readyActivities.Count > 0) WakeOne_NeedsLock();
            return some;
        }
    }

    private void TakeTurns_NeedsLock(WorkerConnection worker, List<TurnItem> turns, int most)
    {
        // With several workers each takes its share at most, so that one does not empty the queue.
        var share = Math.Min(most, Math.Max(1, (_readyTurns.Count + _workers.Count - 1) / _workers.Count));
        while (turns.Count < most && HasTurnRoom_NeedsLock(worker))
        {
            if (!worker.StickyTurns.TryDequeue(out var instance) && (share-- <= 0 || !_readyTurns.TryDequeue(out instance))) return;
            var name = _turnLimits.IsEmpty ? "" : StartOf(instance)?.Name ?? "";
            if (!_turnLimits.TryEnter(name, instance)) continue;
            instance.IsQueued = false;
            if (OpenTurn_NeedsLock(instance, worker, name) is { } item) turns.Add(item);
            else LeaveTurn_NeedsLock(name);
        }
    }

    private void TakeActivities_NeedsLock(WorkerConnection worker, List<ActivityItem> activities, int most)
    {
        var share = Math.Min(most, Math.Max(1, (_readyActivities.Count + _workers.Count - 1) / _workers.Count));
        while (activities.Count < share && HasActivityRoom_NeedsLock(worker) && _readyActivities.TryDequeue(out var item))
        {
            if (item.IsDone || !_activityLimits.TryEnter(item.Task.Name, item)) continue;
            item.Worker = worker;
            _meter.HandedOut(item.Task, item.Since);
            item.Since = _time.GetTimestamp();
            if (_options.OnSpan is not null) (item.Trace, item.GivenOutAt) = (Steps.Attempt(item.Task), Now);
            worker.OpenActivities.Add(item);
            _openActivities++;
            activities.Add(item);
        }
    }

    // What waited for a place may have been purged or answered meanwhile: then the next one has it.
    private void LeaveTurn_NeedsLock(string name)
    {
        _turnLimits.Leave(name);
        while (_turnLimits.TryNext(name, out var next))
        {
            next.IsQueued = false;
            Enqueue_NeedsLock(next);
            if (next.IsQueued) return;
        }
    }

    private void LeaveActivity_NeedsLock(string name)
    {
        _activityLimits.Leave(name);
        while (_activityLimits.TryNext(name, out var next))
        {
            if (next.IsDone) continue;
            _readyActivities.Enqueue(next);
            WakeOne_NeedsLock();
            return;
        }
    }

    private TurnItem? OpenTurn_NeedsLock(Instance instance, WorkerConnection worker, string name)
    {
        if (instance.Evicted || !instance.IsActive || instance.Turn is not null || instance.IsDeciding || instance.Inbox.Count == 0) return null;
        var consumes = instance.Inbox.Max(item => item.Number);
        var now = Now;
        var events = Turn.Open(instance.State, [.. instance.Inbox.Select(item => item.Event)], now);
        if (events.Count == 0)
        {
            instance.Inbox.Clear();
            Rest_NeedsLock(instance);
            return null;
        }
        instance.StartsAt = null;
        var started = instance.State.Started ?? (ExecutionStarted)events.First(happened => happened is ExecutionStarted);
        if (IsTooLong(instance.State, events, started, worker, out var size))
        {
            StallForSize_NeedsLock(instance, size);
            return null;
        }
        if (instance.State is { Started: null, Continued: null }) _meter.HandedOut(started, now);
        var token = (++_lastToken).ToString("x");
        instance.Turn = new OpenTurn(worker, token, events, consumes) { Name = name };
        worker.OpenTurns.Add(instance);
        _openTurns++;
        var cached = instance.CachedBy == worker;
        return new TurnItem(instance.Id, started.ExecutionId, token)
        {
            Past = cached ? null : [.. instance.State.History],
            New = events,
            CachedEvents = instance.State.History.Count,
            Propagated = started.Propagated,
        };
    }

    private void CloseTurn_NeedsLock(Instance instance)
    {
        if (instance.Turn is not { } turn) return;
        instance.Turn = null;
        LeaveTurn_NeedsLock(turn.Name);
        if (!turn.Worker.OpenTurns.Remove(instance)) return;
        _openTurns--;
        WakeForWork_NeedsLock(turn.Worker);
        if (_options.MaxOpenTurns > 0) WakeOne_NeedsLock();
    }

    private void MakeReady_NeedsLock(Instance instance)
    {
        if (instance.IsLetter)
        {
            Send_NeedsLock(instance);
            return;
        }
        if (instance.State.Stalled is not null && instance.WaitsForOtherWorker) return;
        if (instance.StartsAt is { } at && instance.Inbox.Count == 1 && at > Now) return;
        Enqueue_NeedsLock(instance);
    }

    private void Enqueue_NeedsLock(Instance instance)
    {
        if (!instance.IsActive || instance.IsQueued || instance.Turn is not null) return;
        if (instance.IsDeciding || instance.Inbox.Count == 0) return;
        instance.IsQueued = true;
        if (instance.CachedBy is { IsClosed: false } holder)
        {
            holder.StickyTurns.Enqueue(instance);
            holder.Wake();
            return;
        }
        _readyTurns.Enqueue(instance);
        WakeOne_NeedsLock();
    }

    private void QueueActivity_NeedsLock(Instance instance, TaskScheduled task)
    {
        if (instance.State.Started is not { } started || !instance.State.OpenActivities.ContainsKey(task.EventId)) return;
        if (!IsOfThisApp(task))
        {
            // What its instance ended without goes as a letter.
            if (instance.IsActive) SendAway_NeedsLock(instance, task);
            return;
        }
        var item = new ActivityItem(instance.Id, started.ExecutionId, task)
        {
            Propagated = task.Scope is null ? null : Propagation.For(task.Scope, _options.AppId, instance.Id, started, HistoryUntil(instance, task)),
        };
        Offer_NeedsLock(item);
    }

    private static List<HistoryEvent> HistoryUntil(Instance instance, HistoryEvent scheduled)
    {
        var events = instance.State.History.TakeWhile(happened => !ReferenceEquals(happened, scheduled)).ToList();
        events.Add(scheduled);
        return events;
    }

    private void Disconnect_NeedsLock(WorkerConnection worker)
    {
        if (worker.IsClosed) return;
        worker.IsClosed = true;
        _workers.Remove(worker);
        foreach (var instance in worker.OpenTurns.ToArray())
        {
            CloseTurn_NeedsLock(instance);
            if (StartOf(instance) is { } started) _meter.Lost(started);
            if (worker.Options.Peer is { } peer) (instance.LostBy ??= []).Add(peer);
            instance.CachedBy = null;
            Enqueue_NeedsLock(instance);
        }
        while (worker.StickyTurns.TryDequeue(out var instance))
        {
            instance.IsQueued = false;
            instance.CachedBy = null;
            Enqueue_NeedsLock(instance);
        }
        foreach (var item in worker.OpenActivities)
        {
            item.Worker = null;
            _openActivities--;
            _meter.Lost(item.Task, item.Since);
            item.Since = _time.GetTimestamp();
            _readyActivities.Enqueue(item);
            LeaveActivity_NeedsLock(item.Task.Name);
        }
        worker.OpenActivities.Clear();
        worker.Wake();
        foreach (var other in _workers) other.Wake();
    }

    // A worker that is not waiting looks for work before it waits: waking it would be in vain, and one that is held up by its connection
    // would keep the work from those that wait.
    private void WakeOne_NeedsLock()
    {
        for (var tried = 0; tried < _workers.Count; tried++)
        {
            _nextWorker = (_nextWorker + 1) % _workers.Count;
            if (WakeForWork_NeedsLock(_workers[_nextWorker])) return;
        }
    }

    private bool WakeForWork_NeedsLock(WorkerConnection worker)
    {
        if (!worker.IsWaiting || !CanTake_NeedsLock(worker)) return false;
        worker.Wake();
        return true;
    }

    private bool CanTake_NeedsLock(WorkerConnection worker) =>
        (HasTurnRoom_NeedsLock(worker) && (_readyTurns.Count > 0 || worker.StickyTurns.Count > 0))
        || (HasActivityRoom_NeedsLock(worker) && _readyActivities.Count > 0);

    private bool HasTurnRoom_NeedsLock(WorkerConnection worker) =>
        worker.OpenTurns.Count < worker.Options.MaxOpenTurns && (_options.MaxOpenTurns == 0 || _openTurns < _options.MaxOpenTurns);

    private bool HasActivityRoom_NeedsLock(WorkerConnection worker) =>
        worker.OpenActivities.Count < worker.Options.MaxOpenActivities
        && (_options.MaxOpenActivities == 0 || _openActivities < _options.MaxOpenActivities);
}
