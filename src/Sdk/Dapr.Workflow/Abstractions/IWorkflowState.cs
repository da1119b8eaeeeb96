namespace Dapr.Workflow;

/// <summary>A snapshot of an instance, as an interface for those who test against it.</summary>
public interface IWorkflowState
{
    /// <summary>The registered name of the workflow.</summary>
    string? WorkflowName { get; }

    /// <summary>False: there is no such instance, and all the rest is empty.</summary>
    bool Exists { get; }

    /// <summary>Whether it is running.</summary>
    bool IsWorkflowRunning { get; }

    /// <summary>Whether it has ended, however.</summary>
    bool IsWorkflowCompleted { get; }

    /// <summary>When it was created.</summary>
    DateTimeOffset CreatedAt { get; }

    /// <summary>When its history last grew.</summary>
    DateTimeOffset LastUpdatedAt { get; }

    /// <summary>Where it stands.</summary>
    WorkflowRuntimeStatus RuntimeStatus { get; }

    /// <summary>Why it failed; null unless it did.</summary>
    WorkflowTaskFailureDetails? FailureDetails { get; }

    /// <summary>Its input; the type's default when there is none.</summary>
    T? ReadInputAs<T>();

    /// <summary>Its result; the type's default when there is none.</summary>
    T? ReadOutputAs<T>();

    /// <summary>What the workflow last set by SetCustomStatus.</summary>
    T? ReadCustomStatusAs<T>();
}
