namespace Dapr.Workflow.Client;

/// <summary>One page of instance ids; a null token: the last.</summary>
public sealed record WorkflowInstancePage(IReadOnlyList<string> InstanceIds, string? ContinuationToken);

/// <summary>One event of a history, without its content.</summary>
public sealed record WorkflowHistoryEvent(int EventId, WorkflowHistoryEventType EventType, DateTime Timestamp);

/// <summary>The kinds of history events, under the names the official client gives them.</summary>
public enum WorkflowHistoryEventType
{
    Unknown = 0,
    ExecutionStarted,
    ExecutionCompleted,
    ExecutionTerminated,
    TaskScheduled,
    TaskCompleted,
    TaskFailed,
    SubOrchestrationInstanceCreated,
    SubOrchestrationInstanceCompleted,
    SubOrchestrationInstanceFailed,
    TimerCreated,
    TimerFired,
    OrchestratorStarted,
    OrchestratorCompleted,
    EventSent,
    EventRaised,
    GenericEvent,
    HistoryState,
    ContinueAsNew,
    ExecutionSuspended,
    ExecutionResumed,
    ExecutionStalled,
}

/// <summary>How a finished instance is run again.</summary>
public sealed class RerunWorkflowFromEventOptions
{
    /// <summary>The id of the new instance; null: a new guid.</summary>
    public string? NewInstanceId { get; set; }

    /// <summary>The event's new input, when <see cref="OverwriteInput"/> says so.</summary>
    public object? Input { get; set; }

    /// <summary>Whether <see cref="Input"/> replaces the recorded one.</summary>
    public bool OverwriteInput { get; set; }
}
