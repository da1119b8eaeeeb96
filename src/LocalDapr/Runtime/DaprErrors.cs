using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using MiniGrpc;

namespace LocalDapr.Runtime;

/// <summary>A failure that a caller of the API is told: thrown by behaviours, turned into HTTP and gRPC once, in the mappings below.</summary>
internal sealed class DaprError(string code, int httpStatus, StatusCode grpcStatus, string message) : Exception(message)
{
    public string Code { get; } = code;

    public int HttpStatus { get; } = httpStatus;

    public StatusCode GrpcStatus { get; } = grpcStatus;

    /// <summary>ErrorInfo reason; null for the plain errors, which have no details.</summary>
    public string? Reason { get; init; }

    /// <summary>ErrorInfo metadata.</summary>
    public IReadOnlyDictionary<string, string> Info { get; init; } = new Dictionary<string, string>();

    public ResourceInfo? Resource { get; init; }

    /// <summary>The field of the request that is to blame, as BadRequest's only violation.</summary>
    public string? ViolatedField { get; init; }

    /// <summary>Message over HTTP where it differs from gRPC's.</summary>
    public string? HttpMessage { get; init; }

    /// <summary>No retry policy repeats what ended so.</summary>
    public bool IsFinal { get; init; }
}

/// <summary>google.rpc.ResourceInfo.</summary>
internal sealed record ResourceInfo(string Type, string Name, string Owner = "", string Description = "");

/// <summary>The one table of Dapr's errors: code, HTTP status, gRPC status, message. A building block adds its own entries here.</summary>
internal static partial class DaprErrors
{
    public static DaprError Malformed(string why) => new("ERR_MALFORMED_REQUEST", 400, StatusCode.InvalidArgument, $"failed deserializing HTTP body: {why}");

    public static DaprError BadRequest(string message) => new("ERR_MALFORMED_REQUEST", 400, StatusCode.InvalidArgument, message);

    public static DaprError BodyRead() =>
        new("ERR_BODY_READ", 400, StatusCode.InvalidArgument, "failed to read request body: stream too large");

    public static DaprError Internal(string message) => new("ERR_INTERNAL", 500, StatusCode.Internal, message);

    public static DaprError Stopping() => new("ERR_INTERNAL", 503, StatusCode.Unavailable, "The server is shutting down.");

    public static DaprError HealthNotReady() => new("ERR_HEALTH_NOT_READY", 500, StatusCode.Internal, "dapr is not ready");

    public static DaprError OutboundNotReady() => new("ERR_OUTBOUND_HEALTH_NOT_READY", 500, StatusCode.Internal, "dapr outbound is not ready");

    public static DaprError HealthAppIdMismatch() => new("ERR_HEALTH_APPID_NOT_MATCH", 500, StatusCode.Internal, "dapr app-id does not match");

    public static DaprError StateStoreNotFound(string store) =>
        new("ERR_STATE_STORE_NOT_FOUND", 400, StatusCode.InvalidArgument, $"state store {store} is not found")
        {
            Reason = "DAPR_STATE_NOT_FOUND", Resource = new("state", store),
        };

    public static DaprError StateStoresNotConfigured(string store) =>
        new("ERR_STATE_STORE_NOT_CONFIGURED", 500, StatusCode.FailedPrecondition, $"state store {store} is not configured")
        {
            Reason = "DAPR_STATE_NOT_CONFIGURED", Resource = new("state", store),
        };

    public static DaprError IllegalStateKey(string key, string store)
    {
        var message = $"input key/keyPrefix '{key}' can't contain '||'";
        return new DaprError("ERR_MALFORMED_REQUEST", 400, StatusCode.InvalidArgument, message)
        {
            Reason = "DAPR_STATE_ILLEGAL_KEY",
            Resource = new("state", store),
            ViolatedField = key,
            HttpMessage = $"api error: code = InvalidArgument desc = {message}",
        };
    }

    public static DaprError StateGet(string key, string store, string why) =>
        new("ERR_STATE_GET", 500, StatusCode.Internal, $"fail to get {key} from state store {store}: {why}");

    public static DaprError StateSave(string store, string why, bool etagMismatch) =>
        new("ERR_STATE_SAVE", etagMismatch ? 409 : 500, etagMismatch ? StatusCode.Aborted : StatusCode.Internal,
            $"failed saving state in state store {store}: {why}");

    public static DaprError StateDelete(string key, string why, bool etagMismatch) =>
        new("ERR_STATE_DELETE", etagMismatch ? 409 : 500, etagMismatch ? StatusCode.Aborted : StatusCode.Internal,
            $"failed deleting state with key {key}: {why}");

    public static DaprError StateTransaction(string why) =>
        new("ERR_STATE_TRANSACTION", 500, StatusCode.Internal, $"error while executing state transaction: {why}");

    public static DaprError PublishOutbox(string why) =>
        new("ERR_PUBLISH_OUTBOX", 500, StatusCode.Internal, $"error while publishing outbox message: {why}");

    public static DaprError StateOperation(string operation) =>
        new("ERR_NOT_SUPPORTED_STATE_OPERATION", 400, StatusCode.InvalidArgument, $"operation type {operation} not supported");

    public static DaprError StateQueryUnsupported(string store) =>
        new("ERR_STATE_STORE_NOT_SUPPORTED", 500, StatusCode.Internal, $"state store {store} does not support querying")
        {
            Reason = "DAPR_STATE_QUERYING_NOT_SUPPORTED", Resource = new("state", store),
        };

    public static DaprError NoInvocationTarget() =>
        new("ERR_DIRECT_INVOKE", 404, StatusCode.NotFound, "failed getting app id either from the URL path or the header dapr-app-id");

    public static DaprError InvokeFailed(string appId, string why) =>
        new("ERR_DIRECT_INVOKE", 500, StatusCode.Internal, $"failed to invoke, id: {appId}, err: {why}");

    public static DaprError InvokeDenied(string appId, string why) =>
        new("ERR_DIRECT_INVOKE", 403, StatusCode.PermissionDenied, $"failed to invoke, id: {appId}, err: {why}");

    public static DaprError SecretStoresNotConfigured() =>
        new("ERR_SECRET_STORES_NOT_CONFIGURED", 500, StatusCode.FailedPrecondition, "secret store is not configured");

    public static DaprError SecretStoreNotFound(string store) =>
        new("ERR_SECRET_STORE_NOT_FOUND", 401, StatusCode.InvalidArgument, $"failed finding secret store with key {store}");

    public static DaprError SecretDenied(string key, string store) =>
        new("ERR_PERMISSION_DENIED", 403, StatusCode.PermissionDenied, $"access denied by policy to get \"{key}\" from \"{store}\"");

    public static DaprError SecretGet(string key, string store, string why) =>
        new("ERR_SECRET_GET", 500, StatusCode.Internal, $"failed getting secret with key {key} from secret store {store}: {why}");

    /// <summary>The error as a gRPC status with its details.</summary>
    public static RpcException ToRpc(this DaprError error)
    {
        var trailers = new Metadata();
        if (error.Reason is not null) trailers.Add("grpc-status-details-bin", RpcStatus.Encode(error));
        return new RpcException(error.GrpcStatus, error.Message, trailers);
    }

    /// <summary>The error as the JSON body of an HTTP answer.</summary>
    public static async Task WriteAsync(this DaprError error, HttpResponse response)
    {
        response.StatusCode = error.HttpStatus;
        response.ContentType = "application/json";
        await response.Body.WriteAsync(ErrorBody.Encode(error), response.HttpContext.RequestAborted);
    }
}
