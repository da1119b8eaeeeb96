using System.Diagnostics;
using Dapr.DurableTask.Protobuf;

namespace Dapr.Workflow.Worker;

// Ties what an instance does to the trace of the request that started it, through the sidecar.
internal static class Traces
{
    public const string SourceName = "Dapr.Workflow";

    private static readonly ActivitySource Source = new(SourceName);

    public static TraceContext? Current() => Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } current
        ? new TraceContext { TraceParent = id, TraceState = current.TraceStateString }
        : null;

    public static Activity? Begin(ActivityRequest request)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        ActivityContext.TryParse(request.ParentTraceContext?.TraceParent, request.ParentTraceContext?.TraceState, isRemote: true, out var parent);
        return Source.StartActivity($"activity {request.Name}", ActivityKind.Server, parent)
            ?.SetTag("dapr.workflow.instance", request.WorkflowInstance?.InstanceId);
    }
}
