using Dapr.Protocol.Common.V1;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf.WellKnownTypes;
using MiniGrpc;

namespace Dapr.Protocol;

/// <summary>Every method of the sidecar API, by its name in dapr.proto.</summary>
public static class DaprMethods
{
    public const string Service = "dapr.proto.runtime.v1.Dapr";

    public static readonly GrpcMethod<InvokeServiceRequest, InvokeResponse> InvokeService =
        new(MethodKind.Unary, Service, nameof(InvokeService), InvokeServiceRequest.Parser, InvokeResponse.Parser);

    public static readonly GrpcMethod<GetStateRequest, GetStateResponse> GetState =
        new(MethodKind.Unary, Service, nameof(GetState), GetStateRequest.Parser, GetStateResponse.Parser);

    public static readonly GrpcMethod<GetBulkStateRequest, GetBulkStateResponse> GetBulkState =
        new(MethodKind.Unary, Service, nameof(GetBulkState), GetBulkStateRequest.Parser, GetBulkStateResponse.Parser);

    public static readonly GrpcMethod<SaveStateRequest, Empty> SaveState =
        new(MethodKind.Unary, Service, nameof(SaveState), SaveStateRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<QueryStateRequest, QueryStateResponse> QueryStateAlpha1 =
        new(MethodKind.Unary, Service, nameof(QueryStateAlpha1), QueryStateRequest.Parser, QueryStateResponse.Parser);

    public static readonly GrpcMethod<DeleteStateRequest, Empty> DeleteState =
        new(MethodKind.Unary, Service, nameof(DeleteState), DeleteStateRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<DeleteBulkStateRequest, Empty> DeleteBulkState =
        new(MethodKind.Unary, Service, nameof(DeleteBulkState), DeleteBulkStateRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<ExecuteStateTransactionRequest, Empty> ExecuteStateTransaction =
        new(MethodKind.Unary, Service, nameof(ExecuteStateTransaction), ExecuteStateTransactionRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<PublishEventRequest, Empty> PublishEvent =
        new(MethodKind.Unary, Service, nameof(PublishEvent), PublishEventRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<BulkPublishRequest, BulkPublishResponse> BulkPublishEventAlpha1 =
        new(MethodKind.Unary, Service, nameof(BulkPublishEventAlpha1), BulkPublishRequest.Parser, BulkPublishResponse.Parser);

    public static readonly GrpcMethod<BulkPublishRequest, BulkPublishResponse> BulkPublishEvent =
        new(MethodKind.Unary, Service, nameof(BulkPublishEvent), BulkPublishRequest.Parser, BulkPublishResponse.Parser);

    public static readonly GrpcMethod<SubscribeTopicEventsRequestAlpha1, SubscribeTopicEventsResponseAlpha1> SubscribeTopicEventsAlpha1 =
        new(MethodKind.Duplex, Service, nameof(SubscribeTopicEventsAlpha1),
            SubscribeTopicEventsRequestAlpha1.Parser, SubscribeTopicEventsResponseAlpha1.Parser);

    public static readonly GrpcMethod<InvokeBindingRequest, InvokeBindingResponse> InvokeBinding =
        new(MethodKind.Unary, Service, nameof(InvokeBinding), InvokeBindingRequest.Parser, InvokeBindingResponse.Parser);

    public static readonly GrpcMethod<GetSecretRequest, GetSecretResponse> GetSecret =
        new(MethodKind.Unary, Service, nameof(GetSecret), GetSecretRequest.Parser, GetSecretResponse.Parser);

    public static readonly GrpcMethod<GetBulkSecretRequest, GetBulkSecretResponse> GetBulkSecret =
        new(MethodKind.Unary, Service, nameof(GetBulkSecret), GetBulkSecretRequest.Parser, GetBulkSecretResponse.Parser);

    public static readonly GrpcMethod<RegisterActorTimerRequest, Empty> RegisterActorTimer =
        new(MethodKind.Unary, Service, nameof(RegisterActorTimer), RegisterActorTimerRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<UnregisterActorTimerRequest, Empty> UnregisterActorTimer =
        new(MethodKind.Unary, Service, nameof(UnregisterActorTimer), UnregisterActorTimerRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<RegisterActorReminderRequest, Empty> RegisterActorReminder =
        new(MethodKind.Unary, Service, nameof(RegisterActorReminder), RegisterActorReminderRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<UnregisterActorReminderRequest, Empty> UnregisterActorReminder =
        new(MethodKind.Unary, Service, nameof(UnregisterActorReminder), UnregisterActorReminderRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<UnregisterActorRemindersByTypeRequest, UnregisterActorRemindersByTypeResponse>
        UnregisterActorRemindersByType =
        new(MethodKind.Unary, Service, nameof(UnregisterActorRemindersByType),
            UnregisterActorRemindersByTypeRequest.Parser, UnregisterActorRemindersByTypeResponse.Parser);

    public static readonly GrpcMethod<ListActorRemindersRequest, ListActorRemindersResponse> ListActorReminders =
        new(MethodKind.Unary, Service, nameof(ListActorReminders), ListActorRemindersRequest.Parser, ListActorRemindersResponse.Parser);

    public static readonly GrpcMethod<GetActorStateRequest, GetActorStateResponse> GetActorState =
        new(MethodKind.Unary, Service, nameof(GetActorState), GetActorStateRequest.Parser, GetActorStateResponse.Parser);

    public static readonly GrpcMethod<GetActorReminderRequest, GetActorReminderResponse> GetActorReminder =
        new(MethodKind.Unary, Service, nameof(GetActorReminder), GetActorReminderRequest.Parser, GetActorReminderResponse.Parser);

    public static readonly GrpcMethod<ExecuteActorStateTransactionRequest, Empty> ExecuteActorStateTransaction =
        new(MethodKind.Unary, Service, nameof(ExecuteActorStateTransaction), ExecuteActorStateTransactionRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<InvokeActorRequest, InvokeActorResponse> InvokeActor =
        new(MethodKind.Unary, Service, nameof(InvokeActor), InvokeActorRequest.Parser, InvokeActorResponse.Parser);

    public static readonly GrpcMethod<SubscribeActorEventsRequestAlpha1, SubscribeActorEventsResponseAlpha1> SubscribeActorEventsAlpha1 =
        new(MethodKind.Duplex, Service, nameof(SubscribeActorEventsAlpha1),
            SubscribeActorEventsRequestAlpha1.Parser, SubscribeActorEventsResponseAlpha1.Parser);

    public static readonly GrpcMethod<GetConfigurationRequest, GetConfigurationResponse> GetConfigurationAlpha1 =
        new(MethodKind.Unary, Service, nameof(GetConfigurationAlpha1), GetConfigurationRequest.Parser, GetConfigurationResponse.Parser);

    public static readonly GrpcMethod<GetConfigurationRequest, GetConfigurationResponse> GetConfiguration =
        new(MethodKind.Unary, Service, nameof(GetConfiguration), GetConfigurationRequest.Parser, GetConfigurationResponse.Parser);

    public static readonly GrpcMethod<SubscribeConfigurationRequest, SubscribeConfigurationResponse> SubscribeConfigurationAlpha1 =
        new(MethodKind.ServerStreaming, Service, nameof(SubscribeConfigurationAlpha1),
            SubscribeConfigurationRequest.Parser, SubscribeConfigurationResponse.Parser);

    public static readonly GrpcMethod<SubscribeConfigurationRequest, SubscribeConfigurationResponse> SubscribeConfiguration =
        new(MethodKind.ServerStreaming, Service, nameof(SubscribeConfiguration),
            SubscribeConfigurationRequest.Parser, SubscribeConfigurationResponse.Parser);

    public static readonly GrpcMethod<UnsubscribeConfigurationRequest, UnsubscribeConfigurationResponse> UnsubscribeConfigurationAlpha1 =
        new(MethodKind.Unary, Service, nameof(UnsubscribeConfigurationAlpha1),
            UnsubscribeConfigurationRequest.Parser, UnsubscribeConfigurationResponse.Parser);

    public static readonly GrpcMethod<UnsubscribeConfigurationRequest, UnsubscribeConfigurationResponse> UnsubscribeConfiguration =
        new(MethodKind.Unary, Service, nameof(UnsubscribeConfiguration),
            UnsubscribeConfigurationRequest.Parser, UnsubscribeConfigurationResponse.Parser);

    public static readonly GrpcMethod<TryLockRequest, TryLockResponse> TryLockAlpha1 =
        new(MethodKind.Unary, Service, nameof(TryLockAlpha1), TryLockRequest.Parser, TryLockResponse.Parser);

    public static readonly GrpcMethod<UnlockRequest, UnlockResponse> UnlockAlpha1 =
        new(MethodKind.Unary, Service, nameof(UnlockAlpha1), UnlockRequest.Parser, UnlockResponse.Parser);

    public static readonly GrpcMethod<EncryptRequest, EncryptResponse> EncryptAlpha1 =
        new(MethodKind.Duplex, Service, nameof(EncryptAlpha1), EncryptRequest.Parser, EncryptResponse.Parser);

    public static readonly GrpcMethod<DecryptRequest, DecryptResponse> DecryptAlpha1 =
        new(MethodKind.Duplex, Service, nameof(DecryptAlpha1), DecryptRequest.Parser, DecryptResponse.Parser);

    public static readonly GrpcMethod<GetMetadataRequest, GetMetadataResponse> GetMetadata =
        new(MethodKind.Unary, Service, nameof(GetMetadata), GetMetadataRequest.Parser, GetMetadataResponse.Parser);

    public static readonly GrpcMethod<SetMetadataRequest, Empty> SetMetadata =
        new(MethodKind.Unary, Service, nameof(SetMetadata), SetMetadataRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<SubtleGetKeyRequest, SubtleGetKeyResponse> SubtleGetKeyAlpha1 =
        new(MethodKind.Unary, Service, nameof(SubtleGetKeyAlpha1), SubtleGetKeyRequest.Parser, SubtleGetKeyResponse.Parser);

    public static readonly GrpcMethod<SubtleEncryptRequest, SubtleEncryptResponse> SubtleEncryptAlpha1 =
        new(MethodKind.Unary, Service, nameof(SubtleEncryptAlpha1), SubtleEncryptRequest.Parser, SubtleEncryptResponse.Parser);

    public static readonly GrpcMethod<SubtleDecryptRequest, SubtleDecryptResponse> SubtleDecryptAlpha1 =
        new(MethodKind.Unary, Service, nameof(SubtleDecryptAlpha1), SubtleDecryptRequest.Parser, SubtleDecryptResponse.Parser);

    public static readonly GrpcMethod<SubtleWrapKeyRequest, SubtleWrapKeyResponse> SubtleWrapKeyAlpha1 =
        new(MethodKind.Unary, Service, nameof(SubtleWrapKeyAlpha1), SubtleWrapKeyRequest.Parser, SubtleWrapKeyResponse.Parser);

    public static readonly GrpcMethod<SubtleUnwrapKeyRequest, SubtleUnwrapKeyResponse> SubtleUnwrapKeyAlpha1 =
        new(MethodKind.Unary, Service, nameof(SubtleUnwrapKeyAlpha1), SubtleUnwrapKeyRequest.Parser, SubtleUnwrapKeyResponse.Parser);

    public static readonly GrpcMethod<SubtleSignRequest, SubtleSignResponse> SubtleSignAlpha1 =
        new(MethodKind.Unary, Service, nameof(SubtleSignAlpha1), SubtleSignRequest.Parser, SubtleSignResponse.Parser);

    public static readonly GrpcMethod<SubtleVerifyRequest, SubtleVerifyResponse> SubtleVerifyAlpha1 =
        new(MethodKind.Unary, Service, nameof(SubtleVerifyAlpha1), SubtleVerifyRequest.Parser, SubtleVerifyResponse.Parser);

    public static readonly GrpcMethod<StartWorkflowRequest, StartWorkflowResponse> StartWorkflowAlpha1 =
        new(MethodKind.Unary, Service, nameof(StartWorkflowAlpha1), StartWorkflowRequest.Parser, StartWorkflowResponse.Parser);

    public static readonly GrpcMethod<GetWorkflowRequest, GetWorkflowResponse> GetWorkflowAlpha1 =
        new(MethodKind.Unary, Service, nameof(GetWorkflowAlpha1), GetWorkflowRequest.Parser, GetWorkflowResponse.Parser);

    public static readonly GrpcMethod<PurgeWorkflowRequest, Empty> PurgeWorkflowAlpha1 =
        new(MethodKind.Unary, Service, nameof(PurgeWorkflowAlpha1), PurgeWorkflowRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<TerminateWorkflowRequest, Empty> TerminateWorkflowAlpha1 =
        new(MethodKind.Unary, Service, nameof(TerminateWorkflowAlpha1), TerminateWorkflowRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<PauseWorkflowRequest, Empty> PauseWorkflowAlpha1 =
        new(MethodKind.Unary, Service, nameof(PauseWorkflowAlpha1), PauseWorkflowRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<ResumeWorkflowRequest, Empty> ResumeWorkflowAlpha1 =
        new(MethodKind.Unary, Service, nameof(ResumeWorkflowAlpha1), ResumeWorkflowRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<RaiseEventWorkflowRequest, Empty> RaiseEventWorkflowAlpha1 =
        new(MethodKind.Unary, Service, nameof(RaiseEventWorkflowAlpha1), RaiseEventWorkflowRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<StartWorkflowRequest, StartWorkflowResponse> StartWorkflowBeta1 =
        new(MethodKind.Unary, Service, nameof(StartWorkflowBeta1), StartWorkflowRequest.Parser, StartWorkflowResponse.Parser);

    public static readonly GrpcMethod<GetWorkflowRequest, GetWorkflowResponse> GetWorkflowBeta1 =
        new(MethodKind.Unary, Service, nameof(GetWorkflowBeta1), GetWorkflowRequest.Parser, GetWorkflowResponse.Parser);

    public static readonly GrpcMethod<PurgeWorkflowRequest, Empty> PurgeWorkflowBeta1 =
        new(MethodKind.Unary, Service, nameof(PurgeWorkflowBeta1), PurgeWorkflowRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<TerminateWorkflowRequest, Empty> TerminateWorkflowBeta1 =
        new(MethodKind.Unary, Service, nameof(TerminateWorkflowBeta1), TerminateWorkflowRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<PauseWorkflowRequest, Empty> PauseWorkflowBeta1 =
        new(MethodKind.Unary, Service, nameof(PauseWorkflowBeta1), PauseWorkflowRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<ResumeWorkflowRequest, Empty> ResumeWorkflowBeta1 =
        new(MethodKind.Unary, Service, nameof(ResumeWorkflowBeta1), ResumeWorkflowRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<RaiseEventWorkflowRequest, Empty> RaiseEventWorkflowBeta1 =
        new(MethodKind.Unary, Service, nameof(RaiseEventWorkflowBeta1), RaiseEventWorkflowRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<ShutdownRequest, Empty> Shutdown =
        new(MethodKind.Unary, Service, nameof(Shutdown), ShutdownRequest.Parser, Empty.Parser);

    public static readonly GrpcMethod<ScheduleJobRequest, ScheduleJobResponse> ScheduleJobAlpha1 =
        new(MethodKind.Unary, Service, nameof(ScheduleJobAlpha1), ScheduleJobRequest.Parser, ScheduleJobResponse.Parser);

    public static readonly GrpcMethod<ScheduleJobRequest, ScheduleJobResponse> ScheduleJob =
        new(MethodKind.Unary, Service, nameof(ScheduleJob), ScheduleJobRequest.Parser, ScheduleJobResponse.Parser);

    public static readonly GrpcMethod<GetJobRequest, GetJobResponse> GetJobAlpha1 =
        new(MethodKind.Unary, Service, nameof(GetJobAlpha1), GetJobRequest.Parser, GetJobResponse.Parser);

    public static readonly GrpcMethod<GetJobRequest, GetJobResponse> GetJob =
        new(MethodKind.Unary, Service, nameof(GetJob), GetJobRequest.Parser, GetJobResponse.Parser);

    public static readonly GrpcMethod<DeleteJobRequest, DeleteJobResponse> DeleteJobAlpha1 =
        new(MethodKind.Unary, Service, nameof(DeleteJobAlpha1), DeleteJobRequest.Parser, DeleteJobResponse.Parser);

    public static readonly GrpcMethod<DeleteJobRequest, DeleteJobResponse> DeleteJob =
        new(MethodKind.Unary, Service, nameof(DeleteJob), DeleteJobRequest.Parser, DeleteJobResponse.Parser);

    public static readonly GrpcMethod<DeleteJobsByPrefixRequestAlpha1, DeleteJobsByPrefixResponseAlpha1> DeleteJobsByPrefixAlpha1 =
        new(MethodKind.Unary, Service, nameof(DeleteJobsByPrefixAlpha1),
            DeleteJobsByPrefixRequestAlpha1.Parser, DeleteJobsByPrefixResponseAlpha1.Parser);

    public static readonly GrpcMethod<DeleteJobsByPrefixRequest, DeleteJobsByPrefixResponse> DeleteJobsByPrefix =
        new(MethodKind.Unary, Service, nameof(DeleteJobsByPrefix), DeleteJobsByPrefixRequest.Parser, DeleteJobsByPrefixResponse.Parser);

    public static readonly GrpcMethod<ListJobsRequestAlpha1, ListJobsResponseAlpha1> ListJobsAlpha1 =
        new(MethodKind.Unary, Service, nameof(ListJobsAlpha1), ListJobsRequestAlpha1.Parser, ListJobsResponseAlpha1.Parser);

    public static readonly GrpcMethod<ListJobsRequest, ListJobsResponse> ListJobs =
        new(MethodKind.Unary, Service, nameof(ListJobs), ListJobsRequest.Parser, ListJobsResponse.Parser);

    public static readonly GrpcMethod<ConversationRequest, ConversationResponse> ConverseAlpha1 =
        new(MethodKind.Unary, Service, nameof(ConverseAlpha1), ConversationRequest.Parser, ConversationResponse.Parser);

    public static readonly GrpcMethod<ConversationRequestAlpha2, ConversationResponseAlpha2> ConverseAlpha2 =
        new(MethodKind.Unary, Service, nameof(ConverseAlpha2), ConversationRequestAlpha2.Parser, ConversationResponseAlpha2.Parser);
}
