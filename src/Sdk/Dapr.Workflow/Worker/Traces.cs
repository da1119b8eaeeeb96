using System.Diagnostics;
using Dapr.DurableTask.Protobuf;

namespace Dapr.Workflow.Worker;

// Ties what an instance does to the trace of the request that started it, through the sidecar. Code finds the trace in Activity.Current whether anyone
// listens to it or not: logs and outgoing calls take it from there.
internal static class Traces
{
    public const string SourceName = "Dapr.Workflow";

    private static readonly ActivitySource Source = new(SourceName);

    public static TraceContext? Current() => Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } current
        ? new TraceContext { TraceParent = id, TraceState = current.TraceStateString }
        : null;

    /// <summary>The span of an activity; null when the call belongs to no trace.</summary>
    public static Activity? Begin(ActivityRequest request)
    {
        var name = $"WorkflowActivity {request.Name}";
        var context = request.ParentTraceContext;
        var span = ActivityContext.TryParse(context?.TraceParent, context?.TraceState, isRemote: true, out var parent)
            ? Source.StartActivity(name, ActivityKind.Internal, parent)
            : null;
        return (span ?? Continue(context, name))?.SetTag("dapr.workflow.instance", request.WorkflowInstance?.InstanceId);
    }

    /// <summary>The surroundings of a workflow's code, which is no span of its own: it runs in pieces, and again on replay.</summary>
    public static Activity? Continue(TraceContext? parent) => Continue(parent, "WorkflowOrchestrationTurn");

    private static Activity? Continue(TraceContext? parent, string name) => string.IsNullOrEmpty(parent?.TraceParent)
        ? null
        : new Activity(name) { TraceStateString = parent.TraceState }.SetParentId(parent.TraceParent).Start();
}
