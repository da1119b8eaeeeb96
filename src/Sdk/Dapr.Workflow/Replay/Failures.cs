using Dapr.DurableTask.Protobuf;

namespace Dapr.Workflow.Replay;

internal static class Failures
{
    public static TaskFailureDetails From(Exception exception, bool final = false) => new()
    {
        ErrorType = exception.GetType().FullName ?? exception.GetType().Name,
        ErrorMessage = exception.Message,
        StackTrace = exception.StackTrace ?? string.Empty,
        InnerFailure = exception switch
        {
            WorkflowTaskFailedException { FailureDetails: var cause } =>
                new() { ErrorType = cause.ErrorType, ErrorMessage = cause.ErrorMessage, StackTrace = cause.StackTrace ?? string.Empty },
            { InnerException: { } inner } => From(inner),
            _ => null,
        },
        IsNonRetriable = final,
    };

    public static TaskFailureDetails Named(string type, string message, bool final = false) =>
        new() { ErrorType = type, ErrorMessage = message, StackTrace = string.Empty, IsNonRetriable = final };
}
