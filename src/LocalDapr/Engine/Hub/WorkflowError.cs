namespace LocalDapr.Engine.Hub;

/// <summary>Why an operation on an instance was refused.</summary>
public enum WorkflowErrorKind
{
    NotFound,
    AlreadyExists,
    NotCompleted,
    Stalled,
    Invalid,
    TooLarge,
    Unreachable,
    Denied,
}

/// <summary>An operation was refused; the message is the one Dapr's users know.</summary>
public sealed class WorkflowException(WorkflowErrorKind kind, string message) : Exception(message)
{
    public WorkflowErrorKind Kind { get; } = kind;

    internal static WorkflowException Missing() => new(WorkflowErrorKind.NotFound, "no such instance exists");

    internal static WorkflowException MissingFamily() => new(WorkflowErrorKind.NotFound, "failed to fetch workflow state: no such instance exists");

    internal static WorkflowException Active(string id) =>
        new(WorkflowErrorKind.AlreadyExists, $"an active workflow with ID '{id}' already exists");

    internal static WorkflowException NotUnique(string id) =>
        new(WorkflowErrorKind.AlreadyExists, $"a workflow with ID '{id}' already exists and the create enforces instance ID uniqueness");

    internal static WorkflowException NotCompleted() => new(WorkflowErrorKind.NotCompleted, "orchestration has not yet completed");

    internal static WorkflowException ChildNotCompleted() =>
        new(WorkflowErrorKind.NotCompleted, "failed to purge child workflow: orchestration has not yet completed");

    internal static WorkflowException Stopped() => new(WorkflowErrorKind.Unreachable, "the workflow engine has stopped");

    internal static WorkflowException NotWritable(Exception fault) =>
        new(WorkflowErrorKind.Unreachable, $"the actor state store cannot be written, so nothing of this was done: {fault.Message}");

    internal static WorkflowException TooLarge(string what, long limit) =>
        new(WorkflowErrorKind.TooLarge, $"{what} is larger than max-body-size allows ({limit} bytes)");

    internal static WorkflowException Stalled(string id) =>
        new(WorkflowErrorKind.Stalled, $"failed to invoke method for workflow '{id}': actor is stalled");
}
