using System.Text;
using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Turns;

/// <summary>How many bytes an event takes in a message, as far as its texts tell; what the host says is exact.</summary>
internal static class EventSize
{
    private const int Flat = 48;

    /// <summary>More than router, trace, times and numbers of an event take.</summary>
    private const int FlatAtMost = 1_024;

    private const int BytesOfACharacter = 3;

    /// <summary>About how many.</summary>
    public static int Of(HistoryEvent happened) => Flat + Texts(happened, Utf8);

    /// <summary>No more than this; quick to find out.</summary>
    public static long AtMost(HistoryEvent happened) => FlatAtMost + ((long)BytesOfACharacter * Texts(happened, Characters));

    /// <summary>About how many so many events take that take no more than this: as many as <see cref="Of(HistoryEvent)"/> says of plain ASCII.</summary>
    public static long About(long events, long atMost) => ((atMost - (events * FlatAtMost)) / BytesOfACharacter) + (events * Flat);

    /// <summary>The history that goes along with a work item.</summary>
    public static long Of(PropagatedHistory? propagated, Func<HistoryEvent, int> sizeOf) =>
        propagated?.Chunks.Sum(chunk => chunk.Events.Sum(happened => (long)sizeOf(happened))) ?? 0;

    public static long Of(ScheduleTask task) => Flat + Utf8(task.Name) + Utf8(task.Input) + Utf8(task.TaskExecutionId);

    private static int Texts(HistoryEvent happened, Func<string?, int> lengthOf) => happened switch
    {
        ExecutionStarted e => lengthOf(e.Name) + lengthOf(e.Input) + lengthOf(e.InstanceId) + (e.Tags?.Sum(tag => lengthOf(tag.Key) + lengthOf(tag.Value)) ?? 0),
        ExecutionCompleted e => lengthOf(e.Result) + Texts(e.Failure, lengthOf),
        ExecutionTerminated e => lengthOf(e.Output),
        ExecutionStalled e => lengthOf(e.Description),
        ExecutionSuspended e => lengthOf(e.Reason),
        ExecutionResumed e => lengthOf(e.Reason),
        WorkflowStarted e => e.Version is { } version ? lengthOf(version.Name) + version.Patches.Sum(lengthOf) : 0,
        TaskScheduled e => lengthOf(e.Name) + lengthOf(e.Input) + lengthOf(e.TaskExecutionId),
        TaskCompleted e => lengthOf(e.Result) + lengthOf(e.TaskExecutionId),
        TaskFailed e => Texts(e.Failure, lengthOf) + lengthOf(e.TaskExecutionId),
        ChildCreated e => lengthOf(e.Name) + lengthOf(e.Input) + lengthOf(e.InstanceId),
        ChildCompleted e => lengthOf(e.Result),
        ChildFailed e => Texts(e.Failure, lengthOf),
        TimerCreated e => lengthOf(e.Name) + lengthOf(e.OriginDetail),
        EventSent e => lengthOf(e.Name) + lengthOf(e.Input) + lengthOf(e.InstanceId),
        EventRaised e => lengthOf(e.Name) + lengthOf(e.Input),
        DetachedCreated e => lengthOf(e.InstanceId),
        _ => 0,
    };

    private static int Texts(FailureDetails? failure, Func<string?, int> lengthOf) => failure is null
        ? 0 : Flat + lengthOf(failure.ErrorType) + lengthOf(failure.ErrorMessage) + lengthOf(failure.StackTrace) + Texts(failure.Inner, lengthOf);

    private static int Utf8(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);

    private static int Characters(string? text) => text?.Length ?? 0;
}
