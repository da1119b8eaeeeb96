using Dapr.Workflow.Abstractions;

namespace Dapr.Workflow;

/// <summary>
/// One step of a workflow with effects outside. Runs at least once: make it idempotent, for example by
/// <see cref="WorkflowActivityContext.TaskExecutionKey"/>. Created through dependency injection for each call.
/// </summary>
public abstract class WorkflowActivity<TInput, TOutput> : IWorkflowActivity
{
    Type IWorkflowActivity.InputType => typeof(TInput);

    Type IWorkflowActivity.OutputType => typeof(TOutput);

    async Task<object?> IWorkflowActivity.RunAsync(WorkflowActivityContext context, object? input) =>
        await RunAsync(context, input is TInput typed ? typed : default!).ConfigureAwait(false);

    /// <summary>Does the step. An exception that leaves it reaches the workflow as <see cref="WorkflowTaskFailedException"/>.</summary>
    public abstract Task<TOutput> RunAsync(WorkflowActivityContext context, TInput input);
}

/// <summary>What an activity knows about the call it serves.</summary>
public abstract class WorkflowActivityContext
{
    /// <summary>The name under which the activity was called.</summary>
    public abstract TaskIdentifier Identifier { get; }

    /// <summary>The same for every execution of this call, different from every other call: usable as an idempotency key.</summary>
    public abstract string TaskExecutionKey { get; }

    /// <summary>The calling workflow's instance.</summary>
    public abstract string InstanceId { get; }
}
