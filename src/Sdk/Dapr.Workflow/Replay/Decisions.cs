using Dapr.DurableTask.Protobuf;

namespace Dapr.Workflow.Replay;

// What the code has asked for that no history has yet. Ids count from 0 and are never renumbered: the history speaks of steps by them.
internal sealed class Decisions(string workflow)
{
    private readonly List<WorkflowAction> _open = [];

    public int NextId { get; private set; }

    public WorkflowAction Add(WorkflowAction action)
    {
        action.Id = NextId++;
        _open.Add(action);
        return action;
    }

    // The history says that this step was taken. It is normally the oldest open one.
    public void Confirm(HistoryEvent taken)
    {
        var index = _open.FindIndex(action => action.Id == taken.EventId);
        if (index < 0)
        {
            throw new NonDeterministicWorkflowException(
                $"Step {taken.EventId} of workflow '{workflow}': its history has {Describe(taken)}, its code asks for nothing there.");
        }

        var action = _open[index];
        if (!Fits(action, taken))
        {
            throw new NonDeterministicWorkflowException(
                $"Step {taken.EventId} of workflow '{workflow}': its history has {Describe(taken)}, its code asks for {Describe(action)}.");
        }

        _open.RemoveAt(index);
    }

    // Hands out what is open and counts it as taken: the sidecar stores it with the turn, or the turn is replayed from its history.
    public IReadOnlyList<WorkflowAction> Take()
    {
        WorkflowAction[] taken = [.. _open];
        _open.Clear();
        return taken;
    }

    private static bool Fits(WorkflowAction action, HistoryEvent taken) => taken.EventTypeCase switch
    {
        HistoryEvent.EventTypeOneofCase.TaskScheduled => SameName(action.ScheduleTask?.Name, taken.TaskScheduled.Name),
        HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceCreated =>
            SameName(action.CreateChildWorkflow?.Name, taken.ChildWorkflowInstanceCreated.Name),
        HistoryEvent.EventTypeOneofCase.TimerCreated => action.CreateTimer is not null,
        HistoryEvent.EventTypeOneofCase.EventSent => SameName(action.SendEvent?.Name, taken.EventSent.Name),
        _ => false,
    };

    private static bool SameName(string? left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    private static string Describe(HistoryEvent taken) => taken.EventTypeCase switch
    {
        HistoryEvent.EventTypeOneofCase.TaskScheduled => $"activity '{taken.TaskScheduled.Name}'",
        HistoryEvent.EventTypeOneofCase.ChildWorkflowInstanceCreated => $"child workflow '{taken.ChildWorkflowInstanceCreated.Name}'",
        HistoryEvent.EventTypeOneofCase.EventSent => $"event '{taken.EventSent.Name}'",
        _ => "a timer",
    };

    private static string Describe(WorkflowAction action) => action.WorkflowActionTypeCase switch
    {
        WorkflowAction.WorkflowActionTypeOneofCase.ScheduleTask => $"activity '{action.ScheduleTask.Name}'",
        WorkflowAction.WorkflowActionTypeOneofCase.CreateChildWorkflow => $"child workflow '{action.CreateChildWorkflow.Name}'",
        WorkflowAction.WorkflowActionTypeOneofCase.SendEvent => $"event '{action.SendEvent.Name}'",
        WorkflowAction.WorkflowActionTypeOneofCase.CreateTimer => "a timer",
        _ => "the end",
    };
}
