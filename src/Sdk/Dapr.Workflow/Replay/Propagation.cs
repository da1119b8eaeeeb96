using Dapr.DurableTask.Protobuf;
using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;
using WireHistory = Dapr.DurableTask.Protobuf.PropagatedHistory;

namespace Dapr.Workflow.Replay;

// Reads the callers' histories that came with a work item.
internal static class Propagation
{
    public static PropagatedHistory? Read(WireHistory? history) =>
        history is null || history.Chunks.Count == 0 ? null : new PropagatedHistory([.. history.Chunks.Select(Read)]);

    private static PropagatedHistoryEvent Read(PropagatedHistoryChunk chunk)
    {
        var events = chunk.RawEvents.Select(raw => HistoryEvent.Parser.ParseFrom(raw)).ToList();
        var outcomes = new Dictionary<int, HistoryEvent>();
        foreach (var e in events)
        {
            if (StepEndedBy(e) is { } id)
            {
                outcomes[id] = e;
            }
        }

        return new(
            chunk.InstanceId,
            chunk.AppId,
            chunk.WorkflowName,
            [.. events.Where(e => e.EventTypeCase == Kind.TaskScheduled).Select(e => Activity(e, outcomes.GetValueOrDefault(e.EventId)))],
            [.. events.Where(e => e.EventTypeCase == Kind.ChildWorkflowInstanceCreated).Select(e => Child(e, outcomes.GetValueOrDefault(e.EventId)))]);
    }

    private static int? StepEndedBy(HistoryEvent e) => e.EventTypeCase switch
    {
        Kind.TaskCompleted => e.TaskCompleted.TaskScheduledId,
        Kind.TaskFailed => e.TaskFailed.TaskScheduledId,
        Kind.ChildWorkflowInstanceCompleted => e.ChildWorkflowInstanceCompleted.TaskScheduledId,
        Kind.ChildWorkflowInstanceFailed => e.ChildWorkflowInstanceFailed.TaskScheduledId,
        _ => null,
    };

    private static PropagatedHistoryActivityResult Activity(HistoryEvent scheduled, HistoryEvent? outcome) => new(
        scheduled.TaskScheduled.Name,
        Status(outcome, outcome?.TaskFailed is not null),
        scheduled.TaskScheduled.Input,
        outcome?.TaskCompleted?.Result,
        Details(outcome?.TaskFailed?.FailureDetails));

    private static PropagatedHistoryWorkflowResult Child(HistoryEvent created, HistoryEvent? outcome) => new(
        created.ChildWorkflowInstanceCreated.Name,
        Status(outcome, outcome?.ChildWorkflowInstanceFailed is not null),
        outcome?.ChildWorkflowInstanceCompleted?.Result,
        Details(outcome?.ChildWorkflowInstanceFailed?.FailureDetails));

    private static PropagatedHistoryStatus Status(HistoryEvent? outcome, bool failed) =>
        outcome is null ? PropagatedHistoryStatus.Pending : failed ? PropagatedHistoryStatus.Failed : PropagatedHistoryStatus.Completed;

    private static WorkflowTaskFailureDetails? Details(TaskFailureDetails? failure) =>
        failure is null ? null : new(failure.ErrorType, failure.ErrorMessage, failure.StackTrace);
}
