using LocalDapr.Engine.History;
using LocalDapr.Engine.Records;
using LocalDapr.Engine.Traces;
using LocalDapr.Engine.Turns;

namespace LocalDapr.Engine.Hub;

// What comes back from workers and from the clock.
public sealed partial class WorkflowEngine
{
    /// <summary>
    /// Takes a worker's answer to the open turn of an instance in and returns when it is durable. An answer nobody waits for is ignored, as
    /// is one with another turn's token; it may be a second one, so it too is answered when what the first changed is durable.
    /// </summary>
    public async ValueTask CompleteTurnAsync(TurnResponse response, CancellationToken cancellation)
    {
        var unit = new CommitUnit();
        var durable = unit.WhenDurable();
        if (!await TryCompleteTurnAsync(response, from: null, unit, cancellation))
        {
            using (Enter()) durable = WhenDurable_NeedsLock(response.InstanceId);
        }
        await durable.WaitAsync(cancellation);
    }

    /// <summary>
    /// Decides the open turn, if the answer is one to it; its commit is on its way then. With a connection only its own turns are meant.
    /// </summary>
    internal async ValueTask<bool> TryCompleteTurnAsync(
        TurnResponse response, WorkerConnection? from, CommitUnit unit, CancellationToken cancellation)
    {
        HeldInstances? held = null;
        Dictionary<string, string?>? verdicts = null;
        try
        {
            while (true)
            {
                List<string>? missing = null;
                List<string>? unverified;
                using (Enter())
                {
                    if (!_instances.TryGetValue(response.InstanceId, out var instance) || instance.Turn is not { } turn) return false;
                    if (response.Token.Length > 0 ? response.Token != turn.Token : IsLate(response, instance, turn)) return false;
                    if (from is not null && turn.Worker != from) return false;
                    foreach (var target in Targets(instance, turn, response))
                    {
                        if (!_instances.TryGetValue(target, out var other) || other.Loading is not null) (missing ??= []).Add(target);
                    }
                    unverified = missing is null ? UnverifiedChildren_NeedsLock(instance, response, verdicts) : null;
                    if (missing is null && unverified is null)
                    {
                        Decide_NeedsLock(instance, turn, response, unit, verdicts);
                        _committer.Enqueue(unit);
                        return true;
                    }
                }
                // What the answer concerns is needed in memory to decide; it is looked at again once it is.
                held ??= new HeldInstances(this);
                foreach (var target in missing ?? []) await held.AddAsync(target, cancellation);
                foreach (var child in unverified ?? []) (verdicts ??= [])[child] = await WhyNotAgainAsync(child, cancellation);
            }
        }
        finally
        {
            held?.Dispose();
        }
    }

    private static bool IsLate(TurnResponse response, Instance instance, OpenTurn turn) =>
        response.Peer is { } peer && peer != turn.Worker.Options.Peer && instance.LostBy?.Contains(peer) == true;

    private List<string>? UnverifiedChildren_NeedsLock(Instance parent, TurnResponse response, Dictionary<string, string?>? verdicts)
    {
        List<string>? unverified = null;
        foreach (var action in response.Actions)
        {
            if (action is not (CreateChild or CreateDetached) || (action.TargetApp is { } app && app != _options.AppId)) continue;
            var id = action is CreateDetached detached ? detached.InstanceId : IdOf(parent, (CreateChild)action);
            if (verdicts?.ContainsKey(id) == true || Unverified_NeedsLock(_instances[id], verified: null) is null) continue;
            (unverified ??= []).Add(id);
        }
        return unverified;
    }

    private static string IdOf(Instance parent, CreateChild child) => child.InstanceId.Length > 0 ? child.InstanceId : ChildId.Of(parent.Id, child.Id);

    /// <summary>Takes an activity's result in and returns when it is durable. A result nobody waits for is ignored, as a second answer is.</summary>
    public async ValueTask CompleteActivityAsync(ActivityResult result, CancellationToken cancellation)
    {
        Task durable;
        using (Enter())
        {
            // What another app asked for is not of this app's store.
            var isGuest = _activities.GetValueOrDefault((result.InstanceId, result.TaskId)) is { Guest: not null };
            durable = TakeResult_NeedsLock(result) is var (instance, happened)
                ? CommitArrival_NeedsLock(instance, Post_NeedsLock(instance, happened))
                : isGuest ? Task.CompletedTask : WhenWritten_NeedsLock();
        }
        await durable.WaitAsync(cancellation);
    }

    // The turn that it calls for is given out at once, when there is a worker; both need one fsync then.
    private Task CommitArrival_NeedsLock(Instance instance, Change arrival)
    {
        if (_workers.Count == 0 || instance.StartsAt is not null) return Commit_NeedsLock(arrival);
        instance.UncommittedArrivals++;
        var durable = Commit_NeedsLock(arrival with { IsArrival = true });
        MakeReady_NeedsLock(instance);
        return durable;
    }

    internal void CompleteActivities(IReadOnlyList<ActivityResult> results)
    {
        using (Enter())
        {
            foreach (var result in results)
            {
                if (TakeResult_NeedsLock(result) is not var (instance, happened)) continue;
                instance.Add(happened);
                MakeReady_NeedsLock(instance);
            }
        }
    }

    private IEnumerable<string> Targets(Instance instance, OpenTurn turn, TurnResponse response)
    {
        var terminated = turn.NewEvents.OfType<ExecutionTerminated>().FirstOrDefault();
        var started = instance.State.Started ?? turn.NewEvents.OfType<ExecutionStarted>().FirstOrDefault();
        foreach (var action in response.Actions)
        {
            if (action is CreateChild or CreateDetached && action.TargetApp is { } app && app != _options.AppId)
                continue;
            if (action is CreateChild child)
                yield return IdOf(instance, child);
            else if (action is CreateDetached detached)
                yield return detached.InstanceId;
            else if (action is SendEvent send)
                yield return send.InstanceId;
            else if (action is TerminateOther other)
                yield return other.InstanceId;
            else if (action is CompleteWorkflow && started?.Parent is { } parent && IsHere(parent))
                yield return parent.InstanceId;
        }
        if (terminated is null) yield break;
        if (started?.Parent is { } ended && IsHere(ended)) yield return ended.InstanceId;
        foreach (var child in instance.State.OpenChildren.Values)
        {
            if (IsOfThisApp(child)) yield return child.InstanceId;
        }
    }

    private void Decide_NeedsLock(
        Instance instance, OpenTurn turn, TurnResponse response, CommitUnit unit, Dictionary<string, string?>? verdicts)
    {
        var now = Now;
        var facts = _facts with
        {
            Now = now,
            IsOwnChild = (id, task) => IsOwnChild_NeedsLock(instance, id, task),
            WhyNotAgain = verdicts is null ? _facts.WhyNotAgain : verdicts.GetValueOrDefault,
        };
        var commit = Turn.Decide(instance.State, turn.NewEvents, response, facts);
        MeasureActivities_NeedsLock(instance, turn, response, commit);
        CloseTurn_NeedsLock(instance);
        if (commit.IsStall)
        {
            Stall_NeedsLock(instance, (ExecutionStalled)commit.History[0], commit.CustomStatus, unit);
            return;
        }
        _stalled.Remove(instance);
        TellTurn_NeedsLock(instance, turn, commit, now);
        var leftBehind = LeftBehind(instance, turn, commit);
        var change = Append_NeedsLock(instance, new InstanceRecord
        {
            At = now,
            ConsumedThrough = turn.ConsumesThrough,
            History = commit.History,
            Restarts = commit.Restarted is not null,
            Continues = commit.Restarted is not null,
            Inbox = commit.Restarted is null ? [] : NextInbox_NeedsLock(instance, commit.Restarted, turn.ConsumesThrough),
            SetsCustomStatus = true,
            CustomStatus = commit.CustomStatus,
        });
        if (commit.IsOverruled) change = change with { IsOverruled = true };
        unit.Changes.Add(commit.Messages.Any(message => message.TargetApp is not null) ? change with { StaysUnfinished = true } : change);
        if (instance.Away is not null && (commit.Restarted is not null || !instance.IsActive)) Recall_NeedsLock(instance);
        foreach (var message in commit.Messages) Deliver_NeedsLock(instance, message, unit);
        foreach (var content in leftBehind) Leave_NeedsLock(content, unit);
        instance.CachedBy = turn.Worker.Options.KeepsInstances && commit.Restarted is null ? turn.Worker : null;
    }

    private bool IsOwnChild_NeedsLock(Instance parent, string id, int task) =>
        _instances.TryGetValue(id, out var child) && child.IsActive && StartOf(child)?.Parent is { } known
        && IsHere(known) && known.InstanceId == parent.Id && known.TaskId == task;

    private void Stall_NeedsLock(Instance instance, ExecutionStalled stalled, string? customStatus, CommitUnit unit)
    {
        _stalled.Add(instance);
        instance.WaitsForOtherWorker = true;
        instance.CachedBy = null;
        if (instance.State.Stalled?.Description == stalled.Description) return;
        unit.Changes.Add(Append_NeedsLock(instance, new InstanceRecord
        {
            At = stalled.Timestamp,
            History = [stalled],
            SetsCustomStatus = true,
            CustomStatus = customStatus,
        }));
    }

    // Results that belong to the generation that ended are nobody's; what was sent to the instance as such stays, behind the new start.
    private static InboxEvent[] NextInbox_NeedsLock(Instance instance, IReadOnlyList<HistoryEvent> restarted, long consumed)
    {
        var kept = instance.Inbox.Where(item => item.Number > consumed && item.Event is EventRaised or ExecutionSuspended or ExecutionResumed or
            ExecutionTerminated).Select(item => item.Event);
        return [.. restarted.Concat(kept).Select(happened => new InboxEvent(instance.NextInbox(), happened))];
    }

    private void Deliver_NeedsLock(Instance from, OutgoingMessage message, CommitUnit unit)
    {
        if (message.TargetApp is not null) return;
        if (!_instances.TryGetValue(message.InstanceId, out var target))
        {
            if (!Letter.IsId(message.InstanceId)) return;
            target = Letter_NeedsLock(message.InstanceId);
        }
        if (message.Event is ExecutionStarted start)
        {
            if (!target.IsActive) unit.Changes.Add(Begin_NeedsLock(target, start));
            return;
        }
        if (!target.IsActive) return;
        var (child, taskId) = message.Event switch
        {
            ChildCompleted completed => (true, completed.TaskId),
            ChildFailed failed => (true, failed.TaskId),
            _ => (false, 0),
        };
        // A parent that started over, or never asked for this child, does not hear of it.
        if (child && target != from && !(target.State.OpenChildren.TryGetValue(taskId, out var open) && open.InstanceId == from.Id)) return;
        unit.Changes.Add(Post_NeedsLock(target, message.Event));
    }

    private Change Begin_NeedsLock(Instance instance, ExecutionStarted start)
    {
        var change = Append_NeedsLock(
            instance,
            new InstanceRecord
            {
                At = start.Timestamp,
                Restarts = instance.Exists,
                Inbox = [new InboxEvent(instance.NextInbox(), start)],
                SetsCustomStatus = true,
            },
            begins: true);
        NoteScheduledStart_NeedsLock(instance);
        if (instance.StartsAt is { } at) change = change with { Wakes = instance.StoredWake = at };
        return change;
    }

    private (Instance Instance, HistoryEvent Happened)? TakeResult_NeedsLock(ActivityResult result)
    {
        if (!_activities.TryGetValue((result.InstanceId, result.TaskId), out var item)) return null;
        if (result.Token.Length > 0 && result.Token != item.ExecutionId) return null;
        Remove_NeedsLock((result.InstanceId, result.TaskId), item);
        if (result.Failure is null && PayloadLimit.IsBeyond(result.Result, _options.MaxPayloadBytes))
        {
            var tooLarge = PayloadLimit.Failure($"the result of activity '{item.Task.Name}'", result.Result!, _options.MaxPayloadBytes);
            result = result with { Result = null, Failure = tooLarge };
        }
        _meter.Ran(item.Task, result.Failure is not null, item.Since);
        if (_options.OnSpan is not null) Tell(Steps.Activity(item, result.Failure, Now));
        if (item.Guest is { } guest)
        {
            guest.TrySetResult(result);
            if (item.Listeners == 0) _unheard.Keep(item, EndOf(item.Task, result));
            return null;
        }
        if (!_instances.TryGetValue(result.InstanceId, out var instance) || !instance.IsActive) return null;
        if (instance.State.Started?.ExecutionId != item.ExecutionId || !instance.State.OpenActivities.ContainsKey(result.TaskId)) return null;
        HistoryEvent happened = result.Failure is null
            ? new TaskCompleted(result.TaskId, result.Result, item.Task.TaskExecutionId) { Timestamp = Now, Router = item.Task.Router }
            : new TaskFailed(result.TaskId, result.Failure, item.Task.TaskExecutionId) { Timestamp = Now, Router = item.Task.Router };
        return (instance, happened);
    }

    private void AddTimer_NeedsLock(Instance instance, TimerCreated timer)
    {
        if (instance.State.Started is { } started && instance.State.OpenTimers.ContainsKey(timer.EventId))
            _timers.Add(new TimerEntry(instance.Id, started.ExecutionId, timer.EventId), timer.FireAt);
    }

    private bool IsOpen_NeedsLock(TimerEntry entry) =>
        _instances.TryGetValue(entry.InstanceId, out var instance) && instance.IsActive
        && (entry.TimerId is not { } id
            ? instance.StartsAt is not null
            : instance.State.Started?.ExecutionId == entry.ExecutionId && instance.State.OpenTimers.ContainsKey(id));

    private void OnTimersDue()
    {
        using (Enter())
        {
            if (_stopping.IsCancellationRequested) return;
            while (_timers.TryTake(out var entry)) Fire_NeedsLock(entry);
        }
    }

    // A fired timer need not be written before its turn is: while it is open in the history, recovery finds it due again.
    private void Fire_NeedsLock(TimerEntry entry)
    {
        if (!_instances.TryGetValue(entry.InstanceId, out var instance) || !instance.IsActive) return;
        if (entry.TimerId is { } id)
        {
            if (instance.State.Started?.ExecutionId != entry.ExecutionId || !instance.State.OpenTimers.TryGetValue(id, out var timer)) return;
            instance.Add(new TimerFired(id, timer.FireAt) { Timestamp = Now });
        }
        else
        {
            instance.StartsAt = null;
        }
        MakeReady_NeedsLock(instance);
    }
}
