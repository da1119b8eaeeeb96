using Dapr.Protocol.Common.V1;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf.WellKnownTypes;
using MiniGrpc;

namespace Dapr.Protocol;

/// <summary>What the sidecar calls on a gRPC app: the three callback services together.</summary>
public static class AppCallbackMethods
{
    public const string Service = "dapr.proto.runtime.v1.AppCallback";
    public const string HealthCheckService = "dapr.proto.runtime.v1.AppCallbackHealthCheck";
    public const string AlphaService = "dapr.proto.runtime.v1.AppCallbackAlpha";

    public static readonly GrpcMethod<InvokeRequest, InvokeResponse> OnInvoke =
        new(MethodKind.Unary, Service, nameof(OnInvoke), InvokeRequest.Parser, InvokeResponse.Parser);

    public static readonly GrpcMethod<Empty, ListTopicSubscriptionsResponse> ListTopicSubscriptions =
        new(MethodKind.Unary, Service, nameof(ListTopicSubscriptions), Empty.Parser, ListTopicSubscriptionsResponse.Parser);

    public static readonly GrpcMethod<TopicEventRequest, TopicEventResponse> OnTopicEvent =
        new(MethodKind.Unary, Service, nameof(OnTopicEvent), TopicEventRequest.Parser, TopicEventResponse.Parser);

    public static readonly GrpcMethod<Empty, ListInputBindingsResponse> ListInputBindings =
        new(MethodKind.Unary, Service, nameof(ListInputBindings), Empty.Parser, ListInputBindingsResponse.Parser);

    public static readonly GrpcMethod<BindingEventRequest, BindingEventResponse> OnBindingEvent =
        new(MethodKind.Unary, Service, nameof(OnBindingEvent), BindingEventRequest.Parser, BindingEventResponse.Parser);

    public static readonly GrpcMethod<TopicEventBulkRequest, TopicEventBulkResponse> OnBulkTopicEvent =
        new(MethodKind.Unary, Service, nameof(OnBulkTopicEvent), TopicEventBulkRequest.Parser, TopicEventBulkResponse.Parser);

    public static readonly GrpcMethod<JobEventRequest, JobEventResponse> OnJobEvent =
        new(MethodKind.Unary, Service, nameof(OnJobEvent), JobEventRequest.Parser, JobEventResponse.Parser);

    public static readonly GrpcMethod<Empty, HealthCheckResponse> HealthCheck =
        new(MethodKind.Unary, HealthCheckService, nameof(HealthCheck), Empty.Parser, HealthCheckResponse.Parser);

    public static readonly GrpcMethod<TopicEventBulkRequest, TopicEventBulkResponse> OnBulkTopicEventAlpha1 =
        new(MethodKind.Unary, AlphaService, nameof(OnBulkTopicEventAlpha1), TopicEventBulkRequest.Parser, TopicEventBulkResponse.Parser);

    public static readonly GrpcMethod<JobEventRequest, JobEventResponse> OnJobEventAlpha1 =
        new(MethodKind.Unary, AlphaService, nameof(OnJobEventAlpha1), JobEventRequest.Parser, JobEventResponse.Parser);
}
