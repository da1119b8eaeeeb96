using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Records;

/// <summary>The binary form of a history event: kind (the field number the protocol gives it), common fields, own fields.</summary>
internal static class EventWriter
{
    public static void Event(this RecordWriter to, HistoryEvent happened)
    {
        switch (happened)
        {
            // A kind of its own, not the protocol's: programs that do not know it refuse the record rather than read it wrong.
            case ExecutionStarted { FirstExecutionId: { } first } e: to.Head(203, e); to.Started(e); to.Text(first); break;
            case ExecutionStarted e: to.Head(3, e); to.Started(e); break;
            case ExecutionCompleted e: to.Head(4, e); to.Byte((byte)e.Status); to.Text(e.Result); to.Failure(e.Failure); break;
            case ExecutionTerminated e: to.Head(5, e); to.Text(e.Output); to.Bool(e.Recurse); break;
            case TaskScheduled e: to.Head(6, e); to.Scheduled(e); break;
            case TaskCompleted e: to.Head(7, e); to.Signed(e.TaskId); to.Text(e.Result); to.Text(e.TaskExecutionId); break;
            case TaskFailed e: to.Head(8, e); to.Signed(e.TaskId); to.Failure(e.Failure); to.Text(e.TaskExecutionId); break;
            case ChildCreated e: to.Head(9, e); to.Child(e); break;
            case ChildCompleted e: to.Head(10, e); to.Signed(e.TaskId); to.Text(e.Result); break;
            case ChildFailed e: to.Head(11, e); to.Signed(e.TaskId); to.Failure(e.Failure); break;
            case TimerCreated e: to.Head(12, e); to.Timer(e); break;
            case TimerFired e: to.Head(13, e); to.Signed(e.TimerId); to.Time(e.FireAt); break;
            case WorkflowStarted e: to.Head(14, e); to.Version(e.Version); break;
            case EventSent e: to.Head(16, e); to.Text(e.InstanceId); to.Text(e.Name); to.Text(e.Input); break;
            case EventRaised e: to.Head(17, e); to.Text(e.Name); to.Text(e.Input); break;
            case ExecutionSuspended e: to.Head(21, e); to.Text(e.Reason); break;
            case ExecutionResumed e: to.Head(22, e); to.Text(e.Reason); break;
            case ExecutionStalled e: to.Head(31, e); to.Byte((byte)e.Reason); to.Text(e.Description); break;
            case DetachedCreated e: to.Head(32, e); to.Text(e.InstanceId); break;
            default: throw new NotSupportedException($"No binary form of {happened.GetType().Name}.");
        }
    }

    private static void Head(this RecordWriter to, byte kind, HistoryEvent happened)
    {
        to.Byte(kind);
        to.Signed(happened.EventId);
        to.Time(happened.Timestamp);
        to.Text(happened.Router?.SourceApp);
        if (happened.Router is { } router) to.Text(router.TargetApp);
    }

    private static void Started(this RecordWriter to, ExecutionStarted e)
    {
        to.Text(e.Name);
        to.Text(e.InstanceId);
        to.Text(e.ExecutionId);
        to.Text(e.Version);
        to.Text(e.Input);
        to.Time(e.ScheduledStart);
        to.Trace(e.Trace);
        to.Bool(e.Parent is not null);
        if (e.Parent is { } parent)
        {
            to.Signed(parent.TaskId);
            to.Text(parent.Name);
            to.Text(parent.InstanceId);
            to.Text(parent.ExecutionId);
            to.Text(parent.Version);
            to.Text(parent.AppId);
        }
        to.Unsigned((ulong)(e.Tags?.Count ?? 0));
        foreach (var (key, value) in e.Tags ?? EmptyTags)
        {
            to.Text(key);
            to.Text(value);
        }
        to.Propagated(e.Propagated);
    }

    private static readonly Dictionary<string, string> EmptyTags = [];

    internal static void Propagated(this RecordWriter to, PropagatedHistory? propagated)
    {
        to.Bool(propagated is not null);
        if (propagated is null) return;
        to.Byte((byte)propagated.Scope);
        to.Unsigned((ulong)propagated.Chunks.Count);
        foreach (var chunk in propagated.Chunks)
        {
            to.Text(chunk.AppId);
            to.Text(chunk.InstanceId);
            to.Text(chunk.WorkflowName);
            to.Unsigned((ulong)chunk.Events.Count);
            foreach (var happened in chunk.Events) to.Event(happened);
        }
    }

    private static void Scheduled(this RecordWriter to, TaskScheduled e)
    {
        to.Text(e.Name);
        to.Text(e.Version);
        to.Text(e.Input);
        to.Trace(e.Trace);
        to.Text(e.TaskExecutionId);
        to.Text(e.RerunOf);
        to.Byte(e.Scope is { } scope ? (byte)(scope + 1) : (byte)0);
    }

    private static void Child(this RecordWriter to, ChildCreated e)
    {
        to.Text(e.InstanceId);
        to.Text(e.Name);
        to.Text(e.Version);
        to.Text(e.Input);
        to.Trace(e.Trace);
        to.Text(e.RerunOf);
        to.Byte(e.Scope is { } scope ? (byte)(scope + 1) : (byte)0);
    }

    private static void Timer(this RecordWriter to, TimerCreated e)
    {
        to.Time(e.FireAt);
        to.Text(e.Name);
        to.Text(e.RerunOf);
        to.Byte((byte)e.Origin);
        to.Text(e.OriginDetail);
    }

    private static void Version(this RecordWriter to, WorkflowVersion? version)
    {
        to.Bool(version is not null);
        if (version is null) return;
        to.Text(version.Name);
        to.Unsigned((ulong)version.Patches.Count);
        foreach (var patch in version.Patches) to.Text(patch);
    }

    private static void Trace(this RecordWriter to, TraceContext? trace)
    {
        to.Text(trace?.TraceParent);
        if (trace is null) return;
        to.Text(trace.SpanId);
        to.Text(trace.TraceState);
    }

    private static void Failure(this RecordWriter to, FailureDetails? failure)
    {
        to.Bool(failure is not null);
        if (failure is null) return;
        to.Text(failure.ErrorType);
        to.Text(failure.ErrorMessage);
        to.Text(failure.StackTrace);
        to.Bool(failure.IsNonRetriable);
        to.Failure(failure.Inner);
    }
}
