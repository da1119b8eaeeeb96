using Dapr.DurableTask.Protobuf;
using Wire = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace Dapr.Workflow.Client;

internal static class HistoryEventKinds
{
    public static WorkflowHistoryEvent Describe(HistoryEvent e) => new(e.EventId, KindOf(e.EventTypeCase), e.Timestamp?.ToDateTime() ?? default);

    private static WorkflowHistoryEventType KindOf(Wire kind) => kind switch
    {
        Wire.ExecutionStarted => WorkflowHistoryEventType.ExecutionStarted,
        Wire.ExecutionCompleted => WorkflowHistoryEventType.ExecutionCompleted,
        Wire.ExecutionTerminated => WorkflowHistoryEventType.ExecutionTerminated,
        Wire.TaskScheduled => WorkflowHistoryEventType.TaskScheduled,
        Wire.TaskCompleted => WorkflowHistoryEventType.TaskCompleted,
        Wire.TaskFailed => WorkflowHistoryEventType.TaskFailed,
        Wire.ChildWorkflowInstanceCreated => WorkflowHistoryEventType.SubOrchestrationInstanceCreated,
        Wire.ChildWorkflowInstanceCompleted => WorkflowHistoryEventType.SubOrchestrationInstanceCompleted,
        Wire.ChildWorkflowInstanceFailed => WorkflowHistoryEventType.SubOrchestrationInstanceFailed,
        Wire.TimerCreated => WorkflowHistoryEventType.TimerCreated,
        Wire.TimerFired => WorkflowHistoryEventType.TimerFired,
        Wire.WorkflowStarted => WorkflowHistoryEventType.OrchestratorStarted,
        Wire.WorkflowCompleted => WorkflowHistoryEventType.OrchestratorCompleted,
        Wire.EventSent => WorkflowHistoryEventType.EventSent,
        Wire.EventRaised => WorkflowHistoryEventType.EventRaised,
        Wire.ContinueAsNew => WorkflowHistoryEventType.ContinueAsNew,
        Wire.ExecutionSuspended => WorkflowHistoryEventType.ExecutionSuspended,
        Wire.ExecutionResumed => WorkflowHistoryEventType.ExecutionResumed,
        Wire.ExecutionStalled => WorkflowHistoryEventType.ExecutionStalled,
        _ => WorkflowHistoryEventType.Unknown,
    };
}
