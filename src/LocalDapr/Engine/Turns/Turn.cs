using LocalDapr.Engine.History;
using LocalDapr.Engine.Traces;

namespace LocalDapr.Engine.Turns;

/// <summary>Decides what a turn does. Pure: state, events and the worker's answer in; one commit out.</summary>
public static class Turn
{
    /// <summary>
    /// The events a turn brings: the clock first, then what of the inbox still means something. Results nobody waits for, duplicates and
    /// timers
    /// that their event has cancelled are dropped. Empty when nothing is left, and then there is no turn.
    /// </summary>
    public static IReadOnlyList<HistoryEvent> Open(InstanceState state, IReadOnlyList<HistoryEvent> inbox, Moment now)
    {
        if (state.IsTerminal) return [];
        var events = new List<HistoryEvent>(inbox.Count + 1) { new WorkflowStarted(null) { Timestamp = now } };
        var seen = new HashSet<(int Kind, int Id)>();
        HashSet<int>? cancelled = null;
        foreach (var happened in inbox)
        {
            var wanted = happened switch
            {
                TaskCompleted task => state.OpenActivities.ContainsKey(task.TaskId) && seen.Add((1, task.TaskId)),
                TaskFailed task => state.OpenActivities.ContainsKey(task.TaskId) && seen.Add((1, task.TaskId)),
                ChildCompleted child => state.OpenChildren.ContainsKey(child.TaskId) && seen.Add((2, child.TaskId)),
                ChildFailed child => state.OpenChildren.ContainsKey(child.TaskId) && seen.Add((2, child.TaskId)),
                TimerFired timer => state.OpenTimers.ContainsKey(timer.TimerId) && cancelled?.Contains(timer.TimerId) != true
                    && seen.Add((3, timer.TimerId)),
                ExecutionStarted => state.Started is null && seen.Add((4, 0)),
                _ => true,
            };
            if (!wanted) continue;
            events.Add(happened);
            if (happened is EventRaised raised) Cancel(state, raised.Name, seen, ref cancelled);
        }
        return events.Count == 1 ? [] : events;
    }

    /// <summary>
    /// 1 a worker that does not fit the history stalls the instance, and nothing of the turn counts; a termination needs no code of the
    /// version, and continue-as-new leaves the patches behind;
    /// 2 a termination the worker did not honour overrules it: its actions are only told;
    /// 3 an activity too long for a work item stalls it too;
    /// 4 an answer that carries more than the limit, or asks for what cannot be, fails the workflow;
    /// 5 continue-as-new drops the history and every other action;
    /// 6 else each action becomes an event, and a message where one is needed.
    /// </summary>
    public static TurnCommit Decide(InstanceState state, IReadOnlyList<HistoryEvent> newEvents, TurnResponse response, TurnFacts facts)
    {
        var completion = response.Actions.OfType<CompleteWorkflow>().FirstOrDefault();
        var terminated = newEvents.OfType<ExecutionTerminated>().FirstOrDefault();
        var restarts = completion is { Status: RuntimeStatus.ContinuedAsNew };
        var isOverruled = terminated is not null && (completion is null || restarts);
        if (MisfitOf(state, response, isOverruled, restarts) is { } misfit) return Stall(misfit, response, facts);
        var started = state.Started ?? newEvents.OfType<ExecutionStarted>().First();
        var opened = WithVersion(state, newEvents, response.Version);

        if (isOverruled)
        {
            var overruled = new CompleteWorkflow(-1, RuntimeStatus.Terminated) { Result = terminated!.Output };
            return new Outcome(response.InstanceId, state, started, opened, facts).Overrule(response.Actions, overruled, response.CustomStatus);
        }
        if (!restarts && PayloadLimit.StallOfActivities(response, state, opened, facts) is { } tooLong) return Stall(tooLong, response, facts);
        if ((PayloadLimit.FailureOf(response, facts.MaxPayloadBytes) ?? Outcome.FailureOf(response.Actions, facts)) is { } refused)
        {
            var failed = new CompleteWorkflow(-1, RuntimeStatus.Failed) { Failure = refused };
            return new Outcome(response.InstanceId, state, started, opened, facts).Conclude([failed], customStatus: null);
        }
        if (restarts) return Restart(response, state, started, opened, facts);
        return new Outcome(response.InstanceId, state, started, opened, facts).Conclude(response.Actions, response.CustomStatus);
    }

    private static void Cancel(InstanceState state, string name, HashSet<(int, int)> seen, ref HashSet<int>? cancelled)
    {
        foreach (var (id, timer) in state.OpenTimers)
        {
            if (!string.Equals(timer.CancelledBy, name, StringComparison.OrdinalIgnoreCase)) continue;
            if (seen.Contains((3, id)) || cancelled?.Contains(id) == true) continue;
            (cancelled ??= []).Add(id);
            return;
        }
    }

    private static ExecutionStalled? MisfitOf(InstanceState state, TurnResponse response, bool isOverruled, bool restarts)
    {
        if (!isOverruled && response.Actions.Any(action => action is VersionNotAvailable))
            return new ExecutionStalled(StallReason.VersionNotAvailable, $"Version not available: {state.VersionName}");
        var patches = response.Version?.Patches ?? [];
        if (restarts || patches.Take(state.Patches.Count).SequenceEqual(state.Patches)) return null;
        return new ExecutionStalled(
            StallReason.PatchMismatch,
            $"Patch mismatch. History patches: [{string.Join(", ", state.Patches)}], current patches: [{string.Join(", ", patches)}]. ");
    }

    private static TurnCommit Stall(ExecutionStalled stalled, TurnResponse response, TurnFacts facts) =>
        new() { History = [stalled with { Timestamp = facts.Now }], IsStall = true, CustomStatus = response.CustomStatus };

    // Patches are stored once: the clock event of a turn names those that the history does not have yet.
    private static IReadOnlyList<HistoryEvent> WithVersion(InstanceState state, IReadOnlyList<HistoryEvent> newEvents, WorkflowVersion? version)
    {
        if (version is null || (version.Name is null && version.Patches.Count == state.Patches.Count)) return newEvents;
        var events = newEvents.ToArray();
        events[0] = ((WorkflowStarted)events[0]) with { Version = version with { Patches = [.. version.Patches.Skip(state.Patches.Count)] } };
        return events;
    }

    private static TurnCommit Restart(
        TurnResponse response, InstanceState state, ExecutionStarted started, IReadOnlyList<HistoryEvent> opened, TurnFacts facts)
    {
        var completion = response.Actions.OfType<CompleteWorkflow>().First();
        var executionId = facts.NewExecutionId();
        var next = started with
        {
            ExecutionId = executionId,
            FirstExecutionId = started.FirstExecutionId ?? (started.IsFromLetter ? started.ExecutionId : null),
            Input = completion.Result,
            Timestamp = facts.Now,
            ScheduledStart = null,
            Trace = facts.NamesSteps ? Steps.NextGeneration(started.Trace, executionId) : started.Trace,
            Tags = null,
            // What was handed to the generation that ends goes on with it, as its scope says.
            Propagated = Propagation.For(started.Propagated?.Scope, facts.AppId, response.InstanceId, started, [.. state.History, .. opened]),
        };
        return new TurnCommit { History = [], Restarted = [next, .. completion.Carryover], CustomStatus = response.CustomStatus };
    }
}
