using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf.WellKnownTypes;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Workflows.Wire;
using Microsoft.AspNetCore.Routing;

namespace LocalDapr.Runtime.Workflows;

/// <summary>The management API of workflows on Dapr's own gRPC service.</summary>
internal static class WorkflowGrpcService
{
    public static void MapWorkflowManagement(this IEndpointRouteBuilder grpc, WorkflowManagement workflows)
    {
        foreach (var method in (MiniGrpc.GrpcMethod<StartWorkflowRequest, StartWorkflowResponse>[])[DaprMethods.StartWorkflowAlpha1, DaprMethods.StartWorkflowBeta1])
        {
            grpc.MapDapr(method, async (request, call) => new StartWorkflowResponse
            {
                InstanceId = await workflows.StartAsync(
                    new WorkflowStart(request.WorkflowName, request.InstanceId, request.Input.Memory, request.Options)
                    {
                        TraceParent = call.Http.Request.Headers.TraceParent,
                        TraceState = call.Http.Request.Headers.TraceState,
                    },
                    call.Cancellation),
            });
        }
        foreach (var method in (MiniGrpc.GrpcMethod<GetWorkflowRequest, GetWorkflowResponse>[])[DaprMethods.GetWorkflowAlpha1, DaprMethods.GetWorkflowBeta1])
            grpc.MapDapr(method, (request, call) => GetAsync(workflows, request, call.Cancellation));
        foreach (var method in (MiniGrpc.GrpcMethod<RaiseEventWorkflowRequest, Empty>[])[DaprMethods.RaiseEventWorkflowAlpha1, DaprMethods.RaiseEventWorkflowBeta1])
        {
            grpc.MapDapr(method, async (request, call) =>
            {
                // Empty bytes are none on the wire; the body of the HTTP API is there even when it is empty.
                ReadOnlyMemory<byte>? data = request.EventData is { Length: > 0 } given ? given.Memory : default(ReadOnlyMemory<byte>?);
                await workflows.RaiseAsync(request.InstanceId, request.EventName, data, call.Cancellation);
                return new Empty();
            });
        }
        Control(grpc, [DaprMethods.PauseWorkflowAlpha1, DaprMethods.PauseWorkflowBeta1], request => request.InstanceId, workflows.PauseAsync);
        Control(grpc, [DaprMethods.ResumeWorkflowAlpha1, DaprMethods.ResumeWorkflowBeta1], request => request.InstanceId, workflows.ResumeAsync);
        Control(grpc, [DaprMethods.TerminateWorkflowAlpha1, DaprMethods.TerminateWorkflowBeta1], request => request.InstanceId, workflows.TerminateAsync);
        Control(grpc, [DaprMethods.PurgeWorkflowAlpha1, DaprMethods.PurgeWorkflowBeta1], request => request.InstanceId, workflows.PurgeAsync);
    }

    private static void Control<TRequest>(
        IEndpointRouteBuilder grpc,
        MiniGrpc.GrpcMethod<TRequest, Empty>[] methods,
        Func<TRequest, string> instanceId,
        Func<string, CancellationToken, ValueTask> operation)
        where TRequest : class, Google.Protobuf.IMessage<TRequest>
    {
        foreach (var method in methods)
        {
            grpc.MapDapr(method, async (request, call) =>
            {
                await operation(instanceId(request), call.Cancellation);
                return new Empty();
            });
        }
    }

    private static async ValueTask<GetWorkflowResponse> GetAsync(
        WorkflowManagement workflows, GetWorkflowRequest request, CancellationToken cancellation)
    {
        var response = new GetWorkflowResponse { InstanceId = request.InstanceId };
        if (await workflows.GetAsync(request.InstanceId, cancellation) is not { } summary) return response;
        response.RuntimeStatus = WorkflowManagement.StatusOf(summary);
        response.WorkflowName = summary.Started?.Name ?? "";
        response.CreatedAt = (summary.Started?.Timestamp ?? WireItems.NotYet).ToWire();
        response.LastUpdatedAt = (summary.LastUpdated ?? WireItems.NotYet).ToWire();
        foreach (var (name, value) in WorkflowManagement.PropertiesOf(summary)) response.Properties[name] = value;
        return response;
    }
}
