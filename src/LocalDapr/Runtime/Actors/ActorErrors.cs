using LocalDapr.Runtime.Actors;
using MiniGrpc;

namespace LocalDapr.Runtime;

/// <summary>The errors of actors.</summary>
internal static partial class DaprErrors
{
    public static DaprError ActorName(string why) => new("ERR_BAD_REQUEST", 400, StatusCode.InvalidArgument, $"invalid request: {why}");

    public static DaprError ActorBodyTooLarge() => ActorName("failed to read body: stream too large");

    /// <summary>Of a call; over gRPC that it is a request goes without saying.</summary>
    public static DaprError ActorCallName(string why) =>
        new("ERR_BAD_REQUEST", 400, StatusCode.InvalidArgument, why) { HttpMessage = $"invalid request: {why}" };

    public static DaprError ActorMethodName(string why) =>
        new("ERR_BAD_REQUEST", 400, StatusCode.InvalidArgument, $"invalid actor method: {why}") { HttpMessage = $"invalid request: {why}" };

    public static DaprError ActorTypeReserved(string type) =>
        new("ERR_ACTOR_TYPE_RESERVED", 403, StatusCode.PermissionDenied,
            $"actor type {GoQuoted.Of(type)} is reserved for the Dapr workflow runtime; direct actor API access is not permitted");

    public static DaprError ActorRuntimeNotFound() =>
        new("ERR_ACTOR_RUNTIME_NOT_FOUND", 500, StatusCode.Internal,
            "the state store is not configured to use the actor runtime. Have you set the - name: actorStateStore value: \"true\" in your "
            + "state store component file?");

    public static DaprError ActorInstanceMissing() =>
        new("ERR_ACTOR_INSTANCE_MISSING", 400, StatusCode.Internal, "actor instance is missing");

    public static DaprError ActorInvoke(string why) =>
        new("ERR_ACTOR_INVOKE_METHOD", 500, StatusCode.Internal, $"error invoke actor method: {why}");

    public static DaprError ActorMethodNotFound(string method) =>
        new("ERR_ACTOR_INVOKE_METHOD", 500, StatusCode.Internal, $"error invoke actor method: actor method not found: {method}") { IsFinal = true };

    /// <summary>The failure of a call behind another sidecar, as the one between the two and the caller has it.</summary>
    public static DaprError ActorInvokeRemote(DaprError error) =>
        new("ERR_ACTOR_INVOKE_METHOD", 500, error.GrpcStatus, error.Message)
        {
            HttpMessage = $"error invoke actor method: rpc error: code = {error.GrpcStatus} desc = {error.Message}",
        };

    public static DaprError ActorNoAddress(ActorKey actor)
    {
        var why = $"failed to lookup actor: api error: code = FailedPrecondition desc = did not find address for actor '{actor}'";
        return new("ERR_ACTOR_INVOKE_METHOD", 500, StatusCode.FailedPrecondition, why) { HttpMessage = $"error invoke actor method: {why}" };
    }

    public static DaprError ActorStackDepth() =>
        new("ERR_ACTOR_STACK_DEPTH", 500, StatusCode.ResourceExhausted, "maximum stack depth exceeded");

    public static DaprError ActorRuntimeClosed() =>
        new("ERR_ACTOR_RUNTIME_CLOSED", 503, StatusCode.Unavailable, "actor runtime is closed");

    public static DaprError ActorStateGet(string why) =>
        new("ERR_ACTOR_STATE_GET", 500, StatusCode.Internal, $"error getting actor state: {why}");

    public static DaprError ActorStateSave(string why) =>
        new("ERR_ACTOR_STATE_TRANSACTION_SAVE", 500, StatusCode.Internal, $"error saving actor transaction state: {why}");

    public static DaprError ActorStateOperation(string type) =>
        new("ERR_ACTOR_STATE_TRANSACTION_SAVE", 500, StatusCode.Unimplemented, $"operation type {type} not supported");

    public static DaprError ActorReminderCreate(string why) =>
        new("ERR_ACTOR_REMINDER_CREATE", 500, StatusCode.Internal, $"error creating actor reminder: {why}");

    public static DaprError ActorReminderGet(string why) =>
        new("ERR_ACTOR_REMINDER_GET", 500, StatusCode.Internal, $"error getting actor reminder: {why}");

    public static DaprError ActorReminderDelete(string why) =>
        new("ERR_ACTOR_REMINDER_DELETE", 500, StatusCode.Internal, $"error deleting actor reminder: {why}");

    public static DaprError ActorReminderNotFound(string name) =>
        new("ERR_ACTOR_REMINDER_NOT_FOUND", 404, StatusCode.NotFound, $"actor reminder not found: {name}");

    public static DaprError ActorReminderExists(string name) =>
        new("ERR_ACTOR_REMINDER_ALREADY_EXISTS", 409, StatusCode.AlreadyExists, $"actor reminder already exists: {name}");

    public static DaprError ActorReminderNotHosted() =>
        new("ERR_ACTOR_REMINDER_NON_HOSTED", 403, StatusCode.PermissionDenied,
            "operations on actor reminders are only possible on hosted actor types");

    public static DaprError ActorTimerCreate(string why) =>
        new("ERR_ACTOR_TIMER_CREATE", 500, StatusCode.Internal, $"error creating actor timer: {why}");
}
