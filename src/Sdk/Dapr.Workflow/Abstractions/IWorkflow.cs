namespace Dapr.Workflow;

/// <summary>A workflow as the worker sees it, without its types. Derive from <see cref="Workflow{TInput,TOutput}"/> instead of implementing it.</summary>
public interface IWorkflow
{
    /// <summary>The type the stored input is read as.</summary>
    Type InputType { get; }

    /// <summary>The type of the result.</summary>
    Type OutputType { get; }

    /// <summary>Runs the workflow's code; called again from the start whenever its history is replayed.</summary>
    Task<object?> RunAsync(WorkflowContext context, object? input);
}

/// <summary>
/// A workflow: code that survives restarts because everything it learnt from outside is in its history. It must come to the same decisions whenever it
/// is run on the same history: no clock, randomness, I/O or threads of its own, only what <see cref="WorkflowContext"/> offers.
/// </summary>
public abstract class Workflow<TInput, TOutput> : IWorkflow
{
    Type IWorkflow.InputType => typeof(TInput);

    Type IWorkflow.OutputType => typeof(TOutput);

    async Task<object?> IWorkflow.RunAsync(WorkflowContext context, object? input) => await RunAsync(context, input is TInput typed ? typed : default!);

    /// <summary>The business process. An exception that leaves it fails the instance.</summary>
    public abstract Task<TOutput> RunAsync(WorkflowContext context, TInput input);
}
