namespace Dapr.Workflow;

/// <summary>The code of a workflow decided otherwise than its history says it did: it was changed, or it depends on something outside.</summary>
internal sealed class NonDeterministicWorkflowException(string message) : Exception(message);
