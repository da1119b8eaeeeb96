using MiniGrpc;

namespace LocalDapr.Runtime;

/// <summary>The errors of the jobs API.</summary>
internal static partial class DaprErrors
{
    public static DaprError JobMissing() => Job("DAPR_SCHEDULER_EMPTY", 400, StatusCode.InvalidArgument, "Job is empty");

    public static DaprError JobNameEmpty() => Job("DAPR_SCHEDULER_JOB_NAME_EMPTY", 400, StatusCode.InvalidArgument, "Name is empty");

    public static DaprError JobScheduleEmpty() => Job("DAPR_SCHEDULER_SCHEDULE_EMPTY", 400, StatusCode.InvalidArgument, "Schedule is empty");

    public static DaprError JobNameInBody() => Job("DAPR_SCHEDULER_JOB_NAME", 400, StatusCode.InvalidArgument, "Set the job name in the url only");

    public static DaprError JobExists(string name) => Job("DAPR_SCHEDULER_SCHEDULE_JOB", 409, StatusCode.AlreadyExists,
        $"failed to schedule job due to: rpc error: code = AlreadyExists desc = job already exists: '{name}'");

    public static DaprError JobSchedule(string why) =>
        Job("DAPR_SCHEDULER_SCHEDULE_JOB", 500, StatusCode.Internal, $"failed to schedule job due to: rpc error: code = Unknown desc = {why}");

    public static DaprError JobNotFound(string name) => Job("DAPR_SCHEDULER_GET_JOB", 500, StatusCode.Internal,
        $"failed to get job due to: rpc error: code = NotFound desc = job not found: {name}");

    private static DaprError Job(string code, int http, StatusCode grpc, string message) => new(code, http, grpc, message) { Reason = code };
}
