using Dapr.DurableTask.Protobuf;

namespace Dapr.Workflow.Replay;

internal static class Failures
{
    public static TaskFailureDetails From(Exception exception, bool final = false) => exception is NotActivated { InnerException: { } thrown } failed
        ? Told(thrown, $"{failed.Message}: {thrown.Message}", final)
        : Told(exception, exception.Message, final);

    /// <summary>What <paramref name="create"/> makes; what its constructor throws, or the container for it, is told as such.</summary>
    public static T Made<T>(string what, Func<T> create)
    {
        try
        {
            return create();
        }
        catch (Exception thrown)
        {
            throw new NotActivated(what, thrown);
        }
    }

    public static TaskFailureDetails Named(string type, string message, bool final = false) =>
        new() { ErrorType = type, ErrorMessage = message, StackTrace = string.Empty, IsNonRetriable = final };

    private static TaskFailureDetails Told(Exception exception, string message, bool final) => new()
    {
        ErrorType = exception.GetType().FullName ?? exception.GetType().Name,
        ErrorMessage = message,
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

    private sealed class NotActivated(string what, Exception thrown) : Exception($"{what} failed to activate", thrown);
}
