using System.Text;
using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Turns;

/// <summary>
/// Work items near the limit stall their workflow, as in Dapr, where a start with a larger limit lets it go on. Other payloads beyond the limit
/// end what made them, with a failure that says so: Dapr would not even take them from the worker.
/// </summary>
internal static class PayloadLimit
{
    // Dapr's: the rest is for the event that opens a turn and for framing.
    private const int WorkItemPercent = 95;

    private const string Remedy = "increase daprd --max-body-size and restart to resume";

    /// <summary>Above this many bytes a work item is too long; <see cref="long.MaxValue"/> when there is no limit.</summary>
    public static long OfWorkItem(long limit) => limit > 0 ? limit * WorkItemPercent / 100 : long.MaxValue;

    public static ExecutionStalled StallOfTurn(long size, long limit) =>
        Stalled($"Workflow payload size {size} bytes exceeds {WorkItemPercent}% of max gRPC body size {limit} bytes; {Remedy}");

    /// <summary>The stall of a turn that asks for an activity whose work item is too long; null when none is.</summary>
    public static ExecutionStalled? StallOfActivities(
        TurnResponse response, InstanceState state, IReadOnlyList<HistoryEvent> opened, TurnFacts facts)
    {
        var limit = facts.MaxPayloadBytes;
        if (limit <= 0) return null;
        foreach (var action in response.Actions)
        {
            if (action is not ScheduleTask task) continue;
            // Most are short, and need no counting.
            if (task.Scope is null && (task.Input?.Length ?? 0) < limit / 4) continue;
            var size = OfActivity(task, state, opened, facts.SizeOf);
            if (size <= OfWorkItem(limit)) continue;
            return Stalled(
                $"activity '{task.Name}::{task.Id}' payload {size} bytes exceeds {WorkItemPercent}% of max gRPC body size {limit} bytes; {Remedy}: "
                + "activity payload exceeds max gRPC body size");
        }
        return null;
    }

    /// <summary>How long the work item of the activity is, with the history that goes along.</summary>
    public static long OfActivity(ScheduleTask task, InstanceState state, IReadOnlyList<HistoryEvent> opened, Func<HistoryEvent, int> sizeOf) =>
        EventSize.Of(task) + SizeGoingAlong(task, state, opened, sizeOf);

    public static bool IsBeyond(string? payload, long limit) =>
        limit > 0 && payload is not null && payload.Length > limit / 3 && Encoding.UTF8.GetByteCount(payload) > limit;

    public static FailureDetails Failure(string what, string payload, long limit) =>
        new("PayloadTooLarge", $"{what} has {Encoding.UTF8.GetByteCount(payload)} bytes, more than max-body-size allows ({limit})")
        {
            IsNonRetriable = true,
        };

    /// <summary>The failure of a turn whose answer carries too much; null when it does not.</summary>
    public static FailureDetails? FailureOf(TurnResponse response, long limit)
    {
        if (limit <= 0) return null;
        foreach (var action in response.Actions)
        {
            var (what, payload) = action switch
            {
                CreateChild child => ("the input of child workflow", child.Input),
                CreateDetached detached => ("the input of detached workflow", detached.Input),
                SendEvent send => ("the event", send.Input),
                CompleteWorkflow complete => ("the output of the workflow", complete.Result),
                _ => ("", null),
            };
            var name = action switch
            {
                CreateChild child => $" '{child.Name}'",
                CreateDetached detached => $" '{detached.Name}'",
                SendEvent send => $" '{send.Name}'",
                _ => "",
            };
            if (IsBeyond(payload, limit)) return Failure(what + name, payload!, limit);
        }

        return IsBeyond(response.CustomStatus, limit) ? Failure("the custom status", response.CustomStatus!, limit) : null;
    }

    private static long SizeGoingAlong(ScheduleTask task, InstanceState state, IReadOnlyList<HistoryEvent> opened, Func<HistoryEvent, int> sizeOf)
    {
        if (task.Scope is null or PropagationScope.None) return 0;
        var own = state.BytesOfHistory(sizeOf) + opened.Sum(happened => (long)sizeOf(happened));
        if (task.Scope != PropagationScope.Lineage) return own;
        return own + EventSize.Of((state.Started ?? opened.OfType<ExecutionStarted>().First()).Propagated, sizeOf);
    }

    private static ExecutionStalled Stalled(string why) => new(StallReason.PayloadSizeExceeded, why);
}
