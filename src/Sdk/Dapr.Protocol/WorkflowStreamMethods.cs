using LocalDapr.Protocol.Workflow;
using MiniGrpc;

namespace Dapr.Protocol;

/// <summary>Our own stream of work items; a sidecar without it answers UNKNOWN or UNIMPLEMENTED.</summary>
public static class WorkflowStreamMethods
{
    public const string Service = "localdapr.workflow.v1.WorkflowStream";

    public static readonly GrpcMethod<WorkerBatch, HubBatch> Connect =
        new(MethodKind.Duplex, Service, nameof(Connect), WorkerBatch.Parser, HubBatch.Parser);
}
