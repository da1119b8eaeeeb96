namespace Dapr.Workflow;

/// <summary>An activity or child workflow failed for good.</summary>
public class WorkflowTaskFailedException : Exception
{
    public WorkflowTaskFailedException(string message, WorkflowTaskFailureDetails failureDetails)
        : base(message)
    {
        ArgumentNullException.ThrowIfNull(failureDetails);
        FailureDetails = failureDetails;
    }

    /// <summary>What went wrong where it went wrong.</summary>
    public WorkflowTaskFailureDetails FailureDetails { get; }
}

/// <summary>A failure as it is stored in the history.</summary>
public class WorkflowTaskFailureDetails(string errorType, string errorMessage, string? stackTrace = null)
{
    /// <summary>The full name of the exception's type, or a name the worker gives (<c>ActivityNotFoundException</c>).</summary>
    public string ErrorType { get; } = errorType ?? throw new ArgumentNullException(nameof(errorType));

    /// <summary>The exception's message.</summary>
    public string ErrorMessage { get; } = errorMessage ?? throw new ArgumentNullException(nameof(errorMessage));

    /// <summary>The exception's stack trace, when there is one.</summary>
    public string? StackTrace { get; } = stackTrace;

    /// <summary>Whether the failure is an exception of this type or of one derived from it; false for a type not loaded here.</summary>
    public bool IsCausedBy<T>()
        where T : Exception =>
        ErrorType == typeof(T).FullName || FailureTypes.Find(ErrorType) is { } type && typeof(T).IsAssignableFrom(type);

    public override string ToString() => $"{ErrorType}: {ErrorMessage}";
}
