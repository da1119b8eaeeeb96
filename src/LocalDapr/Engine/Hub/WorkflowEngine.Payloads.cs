using LocalDapr.Engine.History;
using LocalDapr.Engine.Turns;

namespace LocalDapr.Engine.Hub;

// How long work items are, against the limit near which they stall their workflow.
public sealed partial class WorkflowEngine
{
    /// <summary>Below this part of the limit it is one bucket of the metric, wherever in it.</summary>
    private const int FarFromLimit = 10;

    private bool IsTooLong(
        InstanceState state, IReadOnlyList<HistoryEvent> events, ExecutionStarted started, WorkerConnection worker, out long size)
    {
        size = 0;
        var (limit, hasLimit) = (_options.MaxHistoryBytes, !worker.Options.KeepsInstances);
        if (limit <= 0 || (!hasLimit && !_meter.MeasuresPayloads)) return false;
        size = BytesOfTurn(state, events, started.Propagated);
        if (_meter.MeasuresPayloads) _meter.Measured(started, (double)size / limit);
        return hasLimit && size > PayloadLimit.OfWorkItem(limit);
    }

    // Most are far from the limit, and need no counting. The clock that opens the turn is not counted, as in daprd.
    private long BytesOfTurn(InstanceState state, IReadOnlyList<HistoryEvent> events, PropagatedHistory? propagated)
    {
        var limit = _options.MaxHistoryBytes;
        var atMost = state.HistoryBytesAtMost + events.Skip(1).Sum(EventSize.AtMost);
        var enough = _meter.MeasuresPayloads ? limit / FarFromLimit : PayloadLimit.OfWorkItem(limit);
        if (propagated is null && atMost <= enough) return EventSize.About(state.History.Count + events.Count - 1, atMost);
        return state.BytesOfHistory(_options.SizeOf) + events.Skip(1).Sum(happened => (long)_options.SizeOf(happened))
            + EventSize.Of(propagated, _options.SizeOf);
    }

    private void StallForSize_NeedsLock(Instance instance, long size)
    {
        var unit = new CommitUnit();
        Stall_NeedsLock(instance, PayloadLimit.StallOfTurn(size, _options.MaxHistoryBytes) with { Timestamp = Now }, instance.CustomStatus, unit);
        _committer.Enqueue(unit);
    }

    // What a turn asks for in vain, it has not asked for; but what stalled it did so for its length.
    private void MeasureActivities_NeedsLock(Instance instance, OpenTurn turn, TurnResponse response, TurnCommit commit)
    {
        if (!_meter.MeasuresPayloads || _options.MaxPayloadBytes <= 0 || commit.IsOverruled) return;
        if (!commit.History.Any(static step => step is TaskScheduled or ExecutionStalled { Reason: StallReason.PayloadSizeExceeded })) return;
        var started = instance.State.Started ?? turn.NewEvents.OfType<ExecutionStarted>().First();
        foreach (var task in response.Actions.OfType<ScheduleTask>())
        {
            var size = PayloadLimit.OfActivity(task, instance.State, turn.NewEvents, _options.SizeOf);
            _meter.Measured(started, task.Name, (double)size / _options.MaxPayloadBytes);
        }
    }
}
