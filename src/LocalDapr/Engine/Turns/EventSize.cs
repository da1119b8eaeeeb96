using System.Text;
using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Turns;

/// <summary>About how many bytes an event takes in a message: its texts, and a flat sum for the rest. What the host says is exact.</summary>
internal static class EventSize
{
    private const int Flat = 48;

    public static int Of(HistoryEvent happened) => Flat + happened switch
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
    public static long Of(PropagatedHistory? propagated, Func<HistoryEvent, int> sizeOf) =>
        propagated?.Chunks.Sum(chunk => chunk.Events.Sum(happened => (long)sizeOf(happened))) ?? 0;

    public static long Of(ScheduleTask task) =>
        Flat + Text(task.Name) + Text(task.Input) + Text(task.TaskExecutionId);

    private static int Text(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);

    private static int Text(FailureDetails? failure) =>
        failure is null ? 0 : Text(failure.ErrorMessage) + Text(failure.StackTrace) + Text(failure.Inner);
}
