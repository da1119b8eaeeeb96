using Dapr.DurableTask.Protobuf;
using Google.Protobuf.WellKnownTypes;
using MiniGrpc;

namespace Dapr.Protocol;

/// <summary>The task hub. Completions go under either of two names, depending on the age of the SDK.</summary>
public static class TaskHubMethods
{
    public const string Service = "TaskHubSidecarService";

    public static readonly GrpcMethod<Empty, Empty> Hello =
        new(MethodKind.Unary, Service, nameof(Hello), Empty.Parser, Empty.Parser);

    public static readonly GrpcMethod<CreateInstanceRequest, CreateInstanceResponse> StartInstance =
        new(MethodKind.Unary, Service, nameof(StartInstance), CreateInstanceRequest.Parser, CreateInstanceResponse.Parser);

    public static readonly GrpcMethod<GetInstanceRequest, GetInstanceResponse> GetInstance =
        new(MethodKind.Unary, Service, nameof(GetInstance), GetInstanceRequest.Parser, GetInstanceResponse.Parser);

    public static readonly GrpcMethod<GetInstanceRequest, GetInstanceResponse> WaitForInstanceStart =
        new(MethodKind.Unary, Service, nameof(WaitForInstanceStart), GetInstanceRequest.Parser, GetInstanceResponse.Parser);

    public static readonly GrpcMethod<GetInstanceRequest, GetInstanceResponse> WaitForInstanceCompletion =
        new(MethodKind.Unary, Service, nameof(WaitForInstanceCompletion), GetInstanceRequest.Parser, GetInstanceResponse.Parser);

    public static readonly GrpcMethod<RaiseEventRequest, RaiseEventResponse> RaiseEvent =
        new(MethodKind.Unary, Service, nameof(RaiseEvent), RaiseEventRequest.Parser, RaiseEventResponse.Parser);

    public static readonly GrpcMethod<TerminateRequest, TerminateResponse> TerminateInstance =
        new(MethodKind.Unary, Service, nameof(TerminateInstance), TerminateRequest.Parser, TerminateResponse.Parser);

    public static readonly GrpcMethod<SuspendRequest, SuspendResponse> SuspendInstance =
        new(MethodKind.Unary, Service, nameof(SuspendInstance), SuspendRequest.Parser, SuspendResponse.Parser);

    public static readonly GrpcMethod<ResumeRequest, ResumeResponse> ResumeInstance =
        new(MethodKind.Unary, Service, nameof(ResumeInstance), ResumeRequest.Parser, ResumeResponse.Parser);

    public static readonly GrpcMethod<PurgeInstancesRequest, PurgeInstancesResponse> PurgeInstances =
        new(MethodKind.Unary, Service, nameof(PurgeInstances), PurgeInstancesRequest.Parser, PurgeInstancesResponse.Parser);

    public static readonly GrpcMethod<GetWorkItemsRequest, WorkItem> GetWorkItems =
        new(MethodKind.ServerStreaming, Service, nameof(GetWorkItems), GetWorkItemsRequest.Parser, WorkItem.Parser);

    public static readonly GrpcMethod<ActivityResponse, CompleteTaskResponse> CompleteActivityTask =
        new(MethodKind.Unary, Service, nameof(CompleteActivityTask), ActivityResponse.Parser, CompleteTaskResponse.Parser);

    public static readonly GrpcMethod<WorkflowResponse, CompleteTaskResponse> CompleteOrchestratorTask =
        new(MethodKind.Unary, Service, nameof(CompleteOrchestratorTask), WorkflowResponse.Parser, CompleteTaskResponse.Parser);

    public static readonly GrpcMethod<WorkflowResponse, CompleteTaskResponse> CompleteWorkflowTask =
        new(MethodKind.Unary, Service, nameof(CompleteWorkflowTask), WorkflowResponse.Parser, CompleteTaskResponse.Parser);

    public static readonly GrpcMethod<RerunWorkflowFromEventRequest, RerunWorkflowFromEventResponse> RerunWorkflowFromEvent =
        new(MethodKind.Unary, Service, nameof(RerunWorkflowFromEvent),
            RerunWorkflowFromEventRequest.Parser, RerunWorkflowFromEventResponse.Parser);

    public static readonly GrpcMethod<ListInstanceIDsRequest, ListInstanceIDsResponse> ListInstanceIDs =
        new(MethodKind.Unary, Service, nameof(ListInstanceIDs), ListInstanceIDsRequest.Parser, ListInstanceIDsResponse.Parser);

    public static readonly GrpcMethod<GetInstanceHistoryRequest, GetInstanceHistoryResponse> GetInstanceHistory =
        new(MethodKind.Unary, Service, nameof(GetInstanceHistory), GetInstanceHistoryRequest.Parser, GetInstanceHistoryResponse.Parser);
}
