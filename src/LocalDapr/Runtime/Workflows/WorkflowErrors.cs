using LocalDapr.Engine.Hub;
using MiniGrpc;

namespace LocalDapr.Runtime.Workflows;

/// <summary>The errors of workflows, as the management API and the task hub tell them.</summary>
internal static class WorkflowErrors
{
    public const int MaxInstanceIdBytes = 64;

    public static DaprError NoEngine() => new(
        "ERR_ACTOR_RUNTIME_NOT_FOUND", 500, StatusCode.Internal,
        "the state store is not configured to use the actor runtime. Have you set the - name: actorStateStore value: \"true\" in your state store "
        + "component file?");

    public static DaprError NameMissing() => Invalid("ERR_WORKFLOW_NAME_MISSING", "workflow name is not configured");

    public static DaprError EventNameMissing() => Invalid("ERR_WORKFLOW_EVENT_NAME_MISSING", "missing workflow event name");

    public static DaprError InstanceIdMissing() => Invalid("ERR_INSTANCE_ID_PROVIDED_MISSING", "no instance ID was provided");

    public static DaprError InstanceIdTooLong() =>
        Invalid("ERR_INSTANCE_ID_TOO_LONG", $"workflow instance ID exceeds the max length of {MaxInstanceIdBytes} characters");

    public static DaprError InstanceIdInvalid(string id) => Invalid(
        "ERR_INSTANCE_ID_INVALID", $"workflow instance ID '{id}' is invalid: only alphanumeric and underscore characters are allowed");

    public static DaprError NotFound(string id) =>
        new("ERR_INSTANCE_ID_NOT_FOUND", 404, StatusCode.NotFound, $"unable to find workflow with the provided instance ID: {id}");

    public static DaprError Start(string name, string why) => Failed("ERR_START_WORKFLOW", $"error starting workflow '{name}': {why}");

    public static DaprError Raise(string id, string why) => Failed("ERR_RAISE_EVENT_WORKFLOW", $"error raising event on workflow '{id}': {why}");

    public static DaprError Pause(string id, string why) => Failed("ERR_PAUSE_WORKFLOW", $"error pausing workflow {id}: {why}");

    public static DaprError Resume(string id, string why) => Failed("ERR_RESUME_WORKFLOW", $"error resuming workflow {id}: {why}");

    public static DaprError Terminate(string id, string why) => Failed("ERR_TERMINATE_WORKFLOW", $"error terminating workflow '{id}': {why}");

    public static DaprError Purge(string id, string why) => Failed("ERR_PURGE_WORKFLOW", $"error purging workflow {id}: {why}");

    /// <summary>The operation, whose refusal is told behind what was tried, as Dapr does. What has a status of its own is quoted with it.</summary>
    public static async ValueTask<T> TellAsync<T>(string tried, ValueTask<T> operation)
    {
        try
        {
            return await operation;
        }
        catch (WorkflowException refused)
        {
            throw new WorkflowException(refused.Kind, $"{tried}: {Quoted(refused)}");
        }
    }

    public static async ValueTask TellAsync(string tried, ValueTask operation) => await TellAsync(tried, NothingAsync(operation));

    public static string Quoted(WorkflowException refused) =>
        StatusOf(refused) is var status and not StatusCode.Unknown ? $"rpc error: code = {status} desc = {refused.Message}" : refused.Message;

    private static async ValueTask<bool> NothingAsync(ValueTask operation)
    {
        await operation;
        return true;
    }

    /// <summary>As the task hub answers: what has no status of its own there is UNKNOWN.</summary>
    public static RpcException ToRpc(this WorkflowException refused) => new(StatusOf(refused), refused.Message);

    public static StatusCode StatusOf(WorkflowException refused) => refused.Kind switch
    {
        WorkflowErrorKind.AlreadyExists => StatusCode.AlreadyExists,
        WorkflowErrorKind.Invalid => StatusCode.InvalidArgument,
        WorkflowErrorKind.TooLarge => StatusCode.ResourceExhausted,
        WorkflowErrorKind.Unreachable => StatusCode.Unavailable,
        WorkflowErrorKind.Denied => StatusCode.PermissionDenied,
        _ => StatusCode.Unknown,
    };

    private static DaprError Invalid(string code, string message) => new(code, 400, StatusCode.InvalidArgument, message);

    private static DaprError Failed(string code, string message) => new(code, 500, StatusCode.Internal, message);
}
