using LocalDapr.Engine.History;
using LocalDapr.Engine.Traces;
using LocalDapr.Engine.Turns;

namespace LocalDapr.Engine.Hub;

// What is told to whoever collects traces. Nothing is made ready for it while nobody does.
public sealed partial class WorkflowEngine
{
    private void Tell(WorkflowSpan? span)
    {
        if (span is not null) _options.OnSpan?.Invoke(span);
    }

    // Before the turn is applied: its timers are still open then.
    private void TellTurn_NeedsLock(Instance instance, OpenTurn turn, TurnCommit commit, Moment now)
    {
        if (_options.OnSpan is null || instance.State.Started is not { } started) return;
        foreach (var fired in turn.NewEvents.OfType<TimerFired>())
            if (instance.State.OpenTimers.TryGetValue(fired.TimerId, out var timer))
                Tell(Steps.Timer(started, timer, fired));
        if (commit.Restarted is not null)
            Tell(Steps.Workflow(started, RuntimeStatus.ContinuedAsNew, null, now, [.. instance.State.History, .. turn.NewEvents]));
    }

    private void TellEnd_NeedsLock(Instance instance, ExecutionStarted started, ExecutionCompleted completed)
    {
        if (_options.OnSpan is null) return;
        Tell(Steps.Workflow(started, completed.Status, completed.Failure, completed.Timestamp, instance.State.History));
    }
}
