namespace Dapr.Workflow.Abstractions;

/// <summary>An activity as the worker sees it, without its types.</summary>
public interface IWorkflowActivity
{
    /// <summary>The type the stored input is read as.</summary>
    Type InputType { get; }

    /// <summary>The type of the result.</summary>
    Type OutputType { get; }

    /// <summary>Does the work once; it may be called again with the same input when its outcome was not stored.</summary>
    Task<object?> RunAsync(WorkflowActivityContext context, object? input);
}
