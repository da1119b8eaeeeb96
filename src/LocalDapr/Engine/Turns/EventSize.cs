using System.Text;
using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Turns;

/// <summary>About how many bytes an event takes in a message: its texts, and a flat sum for the rest.</summary>
internal static class EventSize
{
    private const int Flat = 48;

    public static long Of(HistoryEvent happened) => Flat + happened switch
    {
        ExecutionStarted e => Text(e.Name) + Text(e.Input),
        ExecutionCompleted e => Text(e.Result) + Text(e.Failure),
        ExecutionTerminated e => Text(e.Output),
        TaskScheduled e => Text(e.Name) + Text(e.Input),
        TaskCompleted e => Text(e.Result),
        TaskFailed e => Text(e.Failure),
        ChildCreated e => Text(e.Name) + Text(e.Input),
        ChildCompleted e => Text(e.Result),
        ChildFailed e => Text(e.Failure),
        EventSent e => Text(e.Name) + Text(e.Input),
        EventRaised e => Text(e.Name) + Text(e.Input),
        _ => 0,
    };

    /// <summary>The history that goes along with a work item.</summary>
    public static long Of(PropagatedHistory? propagated) => propagated?.Chunks.Sum(chunk => chunk.Events.Sum(Of)) ?? 0;

    /// <summary>Counted in bytes, as this one is judged near the limit.</summary>
    public static long Of(ScheduleTask task) =>
        Flat + Encoding.UTF8.GetByteCount(task.Name) + Encoding.UTF8.GetByteCount(task.Input ?? "") + task.TaskExecutionId.Length;

    private static long Text(string? text) => text?.Length ?? 0;

    private static long Text(FailureDetails? failure) =>
        failure is null ? 0 : Text(failure.ErrorMessage) + Text(failure.StackTrace) + Text(failure.Inner);
}
