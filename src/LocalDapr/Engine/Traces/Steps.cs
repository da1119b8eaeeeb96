using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;

namespace LocalDapr.Engine.Traces;

/// <summary>
/// The steps of a workflow as spans. The span of an execution has an id made from the execution's own, so that its activities hang below it
/// before it has ended, after a crash as well, and nothing has to be stored for it. Pure.
/// </summary>
internal static class Steps
{
    private const int ParentStart = 36;
    private const int IdLength = 16;

    /// <summary>What the steps of an execution hang below; what it was started with when nobody records its trace.</summary>
    public static TraceContext? Of(ExecutionStarted started) =>
        started.Trace is { } trace && IsRecorded(trace) ? With(trace, SpanIdOf(started.ExecutionId)) : started.Trace;

    /// <summary>The identity of one attempt at an activity.</summary>
    public static TraceContext? Attempt(TaskScheduled task) =>
        task.Trace is { } trace && IsRecorded(trace) ? With(trace, ActivitySpanId.CreateRandom().ToHexString()) : task.Trace;

    /// <summary>Every generation begins a trace: an eternal workflow would make an endless one.</summary>
    public static TraceContext? NextGeneration(TraceContext? before, string executionId)
    {
        if (before is null || !IsRecorded(before)) return before;
        var ids = Convert.ToHexStringLower(HashOf(executionId));
        return new TraceContext($"00-{ids[^32..]}-{ids[16..32]}-01", ids[16..32]);
    }

    public static WorkflowSpan? Activity(ActivityItem item, FailureDetails? failure, Moment now)
    {
        if (item.Task.Trace is not { } parent || !IsRecorded(parent)) return null;
        return new WorkflowSpan(Named("activity", item.Task.Name, item.Task.Version), WorkflowSpanKind.Activity, parent, item.Trace!.SpanId)
        {
            Began = item.GivenOutAt.ToDateTimeOffset(),
            Ended = now.ToDateTimeOffset(),
            Attributes =
            [
                new("durabletask.type", "activity"), new("durabletask.task.name", item.Task.Name), new("durabletask.task.task_id", (long)item.Task.EventId),
                new("durabletask.task.instance_id", item.InstanceId), .. Version(item.Task.Version),
            ],
            Failure = failure?.ErrorMessage,
        };
    }

    public static WorkflowSpan? Timer(ExecutionStarted started, TimerCreated timer, TimerFired fired)
    {
        if (Of(started) is not { } parent || !IsRecorded(parent)) return null;
        return new WorkflowSpan("timer", WorkflowSpanKind.Timer, parent, ActivitySpanId.CreateRandom().ToHexString())
        {
            Began = timer.Timestamp.ToDateTimeOffset(),
            Ended = fired.Timestamp.ToDateTimeOffset(),
            Attributes =
            [
                new("durabletask.type", "timer"), new("durabletask.fire_at", timer.FireAt.ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'")),
                new("durabletask.task.task_id", (long)timer.EventId), new("durabletask.task.instance_id", started.InstanceId),
            ],
        };
    }

    /// <param name="history">What is known of the execution, its last event included.</param>
    public static WorkflowSpan? Workflow(
        ExecutionStarted started, RuntimeStatus status, FailureDetails? failure, Moment ended, IReadOnlyList<HistoryEvent> history)
    {
        if (started.Trace is not { } parent || !IsRecorded(parent)) return null;
        var began = started.ScheduledStart ?? started.Timestamp;
        return new WorkflowSpan(Named("orchestration", started.Name, started.Version), WorkflowSpanKind.Workflow, parent, SpanIdOf(started.ExecutionId))
        {
            Began = (began.CompareTo(ended) < 0 ? began : ended).ToDateTimeOffset(),
            Ended = ended.ToDateTimeOffset(),
            Attributes =
            [
                new("durabletask.type", "orchestration"), new("durabletask.task.name", started.Name),
                new("durabletask.task.instance_id", started.InstanceId), .. Version(started.Version),
                new("durabletask.runtime_status", Text(status)),
            ],
            Events = [.. history.Select(Notable).OfType<WorkflowSpanEvent>()],
            Failure = failure?.ErrorMessage,
        };
    }

    public static string Named(string what, string name, string? version) =>
        string.IsNullOrEmpty(version) ? $"{what}||{name}" : $"{what}||{name}||{version}";

    private static bool IsRecorded(TraceContext trace) =>
        trace.TraceParent is { Length: >= 55 } parent && parent[ParentStart - 1] == '-' && parent[ParentStart + IdLength] == '-'
        && parent[54] is ('1' or '3' or '5' or '7' or '9' or 'b' or 'd' or 'f');

    private static TraceContext With(TraceContext trace, string spanId) =>
        new(string.Concat(trace.TraceParent.AsSpan(0, ParentStart), spanId, trace.TraceParent.AsSpan(ParentStart + IdLength)), spanId, trace.TraceState);

    private static string SpanIdOf(string executionId) =>
        Convert.ToHexStringLower(HashOf(executionId).AsSpan(0, IdLength / 2));

    private static byte[] HashOf(string executionId) => SHA256.HashData(Encoding.UTF8.GetBytes(executionId));

    private static IEnumerable<KeyValuePair<string, object>> Version(string? version) =>
        string.IsNullOrEmpty(version) ? [] : [new("durabletask.task.version", version)];

    private static WorkflowSpanEvent? Notable(HistoryEvent happened) => happened switch
    {
        EventRaised raised => new("Received external event", At(raised), [new("name", raised.Name), new("size", (long)(raised.Input?.Length ?? 0))]),
        ExecutionSuspended suspended => new("Execution suspended", At(suspended), [new("reason", suspended.Reason ?? "")]),
        ExecutionResumed resumed => new("Execution resumed", At(resumed), [new("reason", resumed.Reason ?? "")]),
        ExecutionStalled stalled => new(
            "Execution stalled", At(stalled), [new("reason", stalled.Reason.ToString()), new("description", stalled.Description ?? "")]),
        _ => null,
    };

    private static DateTimeOffset At(HistoryEvent happened) => happened.Timestamp.ToDateTimeOffset();

    private static string Text(RuntimeStatus status) => status == RuntimeStatus.ContinuedAsNew ? "CONTINUED_AS_NEW" : status.ToString().ToUpperInvariant();
}
