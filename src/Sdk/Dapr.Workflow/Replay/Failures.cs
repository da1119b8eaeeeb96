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

    /// <summary>What the constructor of a workflow or an activity threw, or the container for it.</summary>
    public static TaskFailureDetails Activation(string what, Exception exception, bool final = false)
    {
        var details = From(exception, final);
        details.ErrorMessage = $"{what} failed to activate: {exception.Message}";
        return details;
    }

    public static TaskFailureDetails Named(string type, string message, bool final = false) =>
        new() { ErrorType = type, ErrorMessage = message, StackTrace = string.Empty, IsNonRetriable = final };
}
