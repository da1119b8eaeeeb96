namespace Dapr.Workflow;

/// <summary>How an activity is called.</summary>
/// <param name="RetryPolicy">Null: one attempt.</param>
/// <param name="TargetAppId">The app that hosts the activity; null: this one.</param>
/// <param name="PropagationScope">How much history the callee gets to see.</param>
public record WorkflowTaskOptions(
    WorkflowRetryPolicy? RetryPolicy = null,
    string? TargetAppId = null,
    HistoryPropagationScope PropagationScope = HistoryPropagationScope.None)
{
    /// <summary>The same options with another propagation scope.</summary>
    public WorkflowTaskOptions WithHistoryPropagation(HistoryPropagationScope scope) => this with { PropagationScope = scope };
}

/// <summary>How a child workflow is called.</summary>
/// <param name="InstanceId">The child's id; null: a deterministic guid.</param>
/// <param name="RetryPolicy">Null: one attempt.</param>
/// <param name="TargetAppId">The app that hosts the child; null: this one.</param>
/// <param name="PropagationScope">How much history the child gets to see.</param>
public record ChildWorkflowTaskOptions(
    string? InstanceId = null,
    WorkflowRetryPolicy? RetryPolicy = null,
    string? TargetAppId = null,
    HistoryPropagationScope PropagationScope = HistoryPropagationScope.None)
    : WorkflowTaskOptions(RetryPolicy, TargetAppId, PropagationScope)
{
    /// <summary>The same options with another propagation scope.</summary>
    public new ChildWorkflowTaskOptions WithHistoryPropagation(HistoryPropagationScope scope) => this with { PropagationScope = scope };
}

/// <summary>How much of the caller's history goes along with a call.</summary>
public enum HistoryPropagationScope
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The caller's own history.</summary>
    OwnHistory = 1,

    /// <summary>The caller's, and what it received itself.</summary>
    Lineage = 2,
}
