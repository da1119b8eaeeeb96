using Microsoft.Extensions.Logging;

namespace Dapr.Workflow;

/// <summary>The replay-safe part of a workflow's surroundings.</summary>
public interface IWorkflowContext
{
    /// <summary>True while the code runs over what already happened.</summary>
    bool IsReplaying { get; }

    /// <summary>The time of the event being handled; the same in every replay.</summary>
    DateTime CurrentUtcDateTime { get; }

    /// <summary>Whether this instance runs the patched code: true unless it passed this point before the patch existed.</summary>
    bool IsPatched(string patchName);
}

/// <summary>
/// All a workflow may use of the world. Its tasks complete only through the instance's history, on the thread that runs the workflow; it is not
/// thread-safe and refuses to be called from anywhere else.
/// </summary>
public abstract class WorkflowContext : IWorkflowContext
{
    /// <summary>The registered name of the workflow.</summary>
    public abstract string Name { get; }

    /// <summary>The id of this instance.</summary>
    public abstract string InstanceId { get; }

    /// <inheritdoc/>
    public abstract DateTime CurrentUtcDateTime { get; }

    /// <inheritdoc/>
    public abstract bool IsReplaying { get; }

    /// <inheritdoc/>
    public abstract bool IsPatched(string patchName);

    /// <summary>Runs an activity and drops its result.</summary>
    public virtual Task CallActivityAsync(string name, object? input = null, WorkflowTaskOptions? options = null) =>
        CallActivityAsync<object>(name, input, options);

    /// <summary>Runs an activity.</summary>
    /// <exception cref="WorkflowTaskFailedException">The activity failed, after all attempts of its retry policy.</exception>
    public abstract Task<T> CallActivityAsync<T>(string name, object? input = null, WorkflowTaskOptions? options = null);

    /// <summary>A durable timer from now on.</summary>
    public virtual Task CreateTimer(TimeSpan delay, CancellationToken cancellationToken = default) =>
        CreateTimer(CurrentUtcDateTime.Add(delay), cancellationToken);

    /// <summary>A durable timer. Cancelling stops the waiting; the stored timer fires unheard.</summary>
    public abstract Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken);

    /// <summary>The next event of this name (letter case ignored), one that came before the wait included.</summary>
    public abstract Task<T> WaitForExternalEventAsync<T>(string eventName, CancellationToken cancellationToken = default);

    /// <summary>As the other overload, for a limited time; a negative timeout waits for ever.</summary>
    /// <exception cref="TaskCanceledException">No event came in time.</exception>
    public virtual async Task<T> WaitForExternalEventAsync<T>(string eventName, TimeSpan timeout)
    {
        using var timerEnd = new CancellationTokenSource();
        using var waitEnd = new CancellationTokenSource();
        var timer = CreateTimer(timeout, timerEnd.Token);
        var wait = WaitForExternalEventAsync<T>(eventName, waitEnd.Token);
        var first = await Task.WhenAny(timer, wait);

        // CancelAsync would continue on another thread, which no workflow may.
#pragma warning disable CA1849
        (first == wait ? timerEnd : waitEnd).Cancel();
#pragma warning restore CA1849
        return await wait;
    }

    /// <summary>Raises an event of another instance; delivery is not awaited.</summary>
    public abstract void SendEvent(string instanceId, string eventName, object payload);

    /// <summary>Sets what <see cref="WorkflowState.ReadCustomStatusAs{T}"/> shows from the end of this turn on.</summary>
    public abstract void SetCustomStatus(object? customStatus);

    /// <summary>Runs another workflow as a child and returns its result.</summary>
    /// <exception cref="WorkflowTaskFailedException">The child failed or was terminated.</exception>
    public abstract Task<TResult> CallChildWorkflowAsync<TResult>(
        string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null);

    /// <summary>Runs another workflow as a child and drops its result.</summary>
    public virtual Task CallChildWorkflowAsync(string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null) =>
        CallChildWorkflowAsync<object>(workflowName, input, options);

    /// <summary>A logger that is silent during replay.</summary>
    public abstract ILogger CreateReplaySafeLogger(string categoryName);

    /// <inheritdoc cref="CreateReplaySafeLogger(string)"/>
    public abstract ILogger CreateReplaySafeLogger(Type type);

    /// <inheritdoc cref="CreateReplaySafeLogger(string)"/>
    public abstract ILogger CreateReplaySafeLogger<T>();

    /// <summary>Ends this run and starts the next with a new input and an empty history. Return right after it: nothing later counts.</summary>
    public abstract void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true);

    /// <summary>A guid that is the same in every replay.</summary>
    public abstract Guid NewGuid();

    /// <summary>What the caller let this workflow see of its history; null when nothing.</summary>
    public abstract PropagatedHistory? GetPropagatedHistory();
}
