using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;

namespace Dapr.Workflow.Replay;

// A step the workflow has asked for and whose outcome has not come. Continuations run inside Resolve, on the thread of the turn: that is what
// makes the order of the code the order of the history.
internal abstract class OpenTask
{
    public abstract void Resolve(HistoryEvent outcome);
}

internal sealed class OpenTimer : OpenTask
{
    private readonly TaskCompletionSource _source = new();

    public Task Task => _source.Task;

    public override void Resolve(HistoryEvent outcome) => _source.TrySetResult();

    public void Cancel(CancellationToken cancellation) => _source.TrySetCanceled(cancellation);
}

internal sealed class OpenCall<T>(string name, int id, IDaprSerializer serializer) : OpenTask
{
    private readonly TaskCompletionSource<T> _source = new();

    public Task<T> Task => _source.Task;

    public override void Resolve(HistoryEvent outcome)
    {
        switch (outcome.EventTypeCase)
        {
            case HistoryEvent.EventTypeOneofCase.TaskCompleted:
                Succeed(outcome.TaskCompleted.Result);
                break;
            case HistoryEvent.EventTypeOneofCase.TaskFailed:
                Fail(outcome.TaskFailed.FailureDetails, failure => $"Task failed: {failure} (activity '{name}', #{id})");
                break;
            case HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceCompleted:
                Succeed(outcome.ChildWorkflowInstanceCompleted.Result);
                break;
            case HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceFailed:
                Fail(outcome.ChildWorkflowInstanceFailed.FailureDetails, failure => $"Child workflow '{name}' failed: {failure}");
                break;
        }
    }

    private void Succeed(string? result)
    {
        T value;
        try
        {
            value = serializer.Deserialize<T>(result)!;
        }
        catch (Exception unreadable)
        {
            _source.TrySetException(unreadable);
            return;
        }

        // Outside the try: the continuation is the workflow's code, whose exceptions are its own.
        _source.TrySetResult(value);
    }

    // A terminated child fails without details.
    private void Fail(TaskFailureDetails? failure, Func<string, string> say)
    {
        var details = failure is null
            ? new WorkflowTaskFailureDetails("TaskFailed", "It ended without a result.")
            : new WorkflowTaskFailureDetails(failure.ErrorType, failure.ErrorMessage, failure.StackTrace);
        _source.TrySetException(new WorkflowTaskFailedException(say(details.ErrorMessage), details));
    }
}
