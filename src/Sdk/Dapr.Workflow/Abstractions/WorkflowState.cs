using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;

namespace Dapr.Workflow;

/// <summary>Where an instance stands.</summary>
public enum WorkflowRuntimeStatus
{
    /// <summary>No such instance, or a status this version does not know.</summary>
    Unknown = -1,
    Running = 0,
    Completed = 1,
    ContinuedAsNew = 2,
    Failed = 3,
    Canceled = 4,
    Terminated = 5,

    /// <summary>Created, no turn done yet.</summary>
    Pending = 6,
    Suspended = 7,

    /// <summary>Waits for a worker with code that fits its history.</summary>
    Stalled = 8,
}

/// <summary>A snapshot of an instance.</summary>
public sealed class WorkflowState : IWorkflowState
{
    private readonly Dapr.DurableTask.Protobuf.WorkflowState? _state;
    private readonly IDaprSerializer _serializer;

    internal WorkflowState(Dapr.DurableTask.Protobuf.WorkflowState? state, IDaprSerializer serializer) =>
        (_state, _serializer) = (state, serializer);

    /// <summary>The registered name of the workflow.</summary>
    public string? WorkflowName => _state?.Name;

    /// <summary>False: there is no such instance, and all the rest is empty.</summary>
    public bool Exists => _state is not null;

    public bool IsWorkflowRunning => RuntimeStatus is WorkflowRuntimeStatus.Running;

    public bool IsWorkflowCompleted =>
        RuntimeStatus is WorkflowRuntimeStatus.Completed or WorkflowRuntimeStatus.Failed or WorkflowRuntimeStatus.Terminated;

    public DateTimeOffset CreatedAt => _state?.CreatedTimestamp?.ToDateTimeOffset() ?? default;

    public DateTimeOffset LastUpdatedAt => _state?.LastUpdatedTimestamp?.ToDateTimeOffset() ?? default;

    public WorkflowRuntimeStatus RuntimeStatus => _state is null ? WorkflowRuntimeStatus.Unknown : StatusOf(_state.WorkflowStatus);

    /// <summary>Why it failed; null unless it did and inputs and outputs were asked for.</summary>
    public WorkflowTaskFailureDetails? FailureDetails =>
        _state?.FailureDetails is { } failure
            ? new(failure.ErrorType, failure.ErrorMessage, string.IsNullOrEmpty(failure.StackTrace) ? null : failure.StackTrace)
            : null;

    public T? ReadInputAs<T>() => Read<T>(_state?.Input);

    public T? ReadOutputAs<T>() => Read<T>(_state?.Output);

    public T? ReadCustomStatusAs<T>() => Read<T>(_state?.CustomStatus);

    private T? Read<T>(string? json) => string.IsNullOrEmpty(json) ? default : _serializer.Deserialize<T>(json);

    private static WorkflowRuntimeStatus StatusOf(OrchestrationStatus status) =>
        status is >= OrchestrationStatus.Running and <= OrchestrationStatus.Stalled ? (WorkflowRuntimeStatus)status : WorkflowRuntimeStatus.Unknown;
}
