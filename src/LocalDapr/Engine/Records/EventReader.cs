using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Records;

/// <summary>Reads history events back; the mirror of <see cref="EventWriter"/>.</summary>
internal static class EventReader
{
    public static HistoryEvent Event(this ref RecordReader from)
    {
        var kind = from.Byte();
        var eventId = from.Int();
        var timestamp = from.Time();
        var source = from.Text();
        var router = source is null ? null : new EventRouter(source, from.Text());
        return from.Body(kind) with { EventId = eventId, Timestamp = timestamp, Router = router };
    }

    private static HistoryEvent Body(this ref RecordReader from, byte kind) => kind switch
    {
        3 => from.Started(),
        4 => new ExecutionCompleted((RuntimeStatus)from.Byte(), from.Text(), from.Failure()),
        5 => new ExecutionTerminated(from.Text(), from.Bool()),
        6 => from.Scheduled(),
        7 => new TaskCompleted(from.Int(), from.Text(), from.RequiredText()),
        8 => new TaskFailed(from.Int(), from.Failure(), from.RequiredText()),
        9 => from.Child(),
        10 => new ChildCompleted(from.Int(), from.Text()),
        11 => new ChildFailed(from.Int(), from.Failure()),
        12 => from.Timer(),
        13 => new TimerFired(from.Int(), from.Time()),
        14 => new WorkflowStarted(from.Version()),
        16 => new EventSent(from.RequiredText(), from.RequiredText(), from.Text()),
        17 => new EventRaised(from.RequiredText(), from.Text()),
        21 => new ExecutionSuspended(from.Text()),
        22 => new ExecutionResumed(from.Text()),
        31 => new ExecutionStalled((StallReason)from.Byte(), from.Text()),
        32 => new DetachedCreated(from.RequiredText()),
        203 => from.Started() with { FirstExecutionId = from.RequiredText() },
        _ => throw new InvalidDataException($"A workflow record holds an event of the unknown kind {kind}."),
    };

    private static ExecutionStarted Started(this ref RecordReader from)
    {
        var started = new ExecutionStarted(from.RequiredText(), from.RequiredText(), from.RequiredText())
        {
            Version = from.Text(),
            Input = from.Text(),
            ScheduledStart = from.OptionalTime(),
            Trace = from.Trace(),
            Parent = from.Parent(),
        };
        var tags = from.Count();
        if (tags > 0)
        {
            var read = new Dictionary<string, string>(tags);
            for (var i = 0; i < tags; i++) read[from.RequiredText()] = from.RequiredText();
            started = started with { Tags = read };
        }
        return started with { Propagated = from.Propagated() };
    }

    private static ParentInstance? Parent(this ref RecordReader from) => !from.Bool()
        ? null
        : new ParentInstance(from.Int(), from.RequiredText(), from.RequiredText(), from.RequiredText())
        {
            Version = from.Text(),
            AppId = from.Text(),
        };

    internal static PropagatedHistory? Propagated(this ref RecordReader from)
    {
        if (!from.Bool()) return null;
        var scope = (PropagationScope)from.Byte();
        var chunks = new PropagatedChunk[from.Count()];
        for (var i = 0; i < chunks.Length; i++)
        {
            var (app, instance, name) = (from.RequiredText(), from.RequiredText(), from.RequiredText());
            var events = new HistoryEvent[from.Count()];
            for (var j = 0; j < events.Length; j++) events[j] = from.Event();
            chunks[i] = new PropagatedChunk(app, instance, name, events);
        }
        return new PropagatedHistory(scope, chunks);
    }

    private static TaskScheduled Scheduled(this ref RecordReader from) => new(from.RequiredText())
    {
        Version = from.Text(),
        Input = from.Text(),
        Trace = from.Trace(),
        TaskExecutionId = from.RequiredText(),
        RerunOf = from.Text(),
        Scope = from.Scope(),
    };

    private static ChildCreated Child(this ref RecordReader from) => new(from.RequiredText(), from.RequiredText())
    {
        Version = from.Text(),
        Input = from.Text(),
        Trace = from.Trace(),
        RerunOf = from.Text(),
        Scope = from.Scope(),
    };

    private static TimerCreated Timer(this ref RecordReader from) => new(from.Time())
    {
        Name = from.Text(),
        RerunOf = from.Text(),
        Origin = (TimerOrigin)from.Byte(),
        OriginDetail = from.Text(),
    };

    private static PropagationScope? Scope(this ref RecordReader from) => from.Byte() is var scope and > 0 ? (PropagationScope)(scope - 1) : null;

    private static WorkflowVersion? Version(this ref RecordReader from)
    {
        if (!from.Bool()) return null;
        var name = from.Text();
        var patches = new string[from.Count()];
        for (var i = 0; i < patches.Length; i++) patches[i] = from.RequiredText();
        return new WorkflowVersion(patches, name);
    }

    private static TraceContext? Trace(this ref RecordReader from) =>
        from.Text() is { } parent ? new TraceContext(parent, from.RequiredText(), from.Text()) : null;

    private static FailureDetails? Failure(this ref RecordReader from) => !from.Bool()
        ? null
        : new FailureDetails(from.RequiredText(), from.RequiredText())
        {
            StackTrace = from.Text(),
            IsNonRetriable = from.Bool(),
            Inner = from.Failure(),
        };
}
