namespace LocalDapr.Engine.History;

/// <summary>
/// One thing that happened to an instance. Immutable; an event that follows from an action carries the action's id, every other one -1.
/// </summary>
public abstract record HistoryEvent
{
    public int EventId { get; init; } = -1;

    public Moment Timestamp { get; init; }

    public EventRouter? Router { get; init; }
}

/// <summary>Which app an event or action comes from and, when it is for another app, which one.</summary>
public sealed record EventRouter(string SourceApp, string? TargetApp = null);

/// <summary>W3C trace context of whoever caused an event.</summary>
public sealed record TraceContext(string TraceParent, string SpanId, string? TraceState = null);

/// <summary>Why an activity or workflow failed, as the worker put it; inner failures nest.</summary>
public sealed record FailureDetails(string ErrorType, string ErrorMessage)
{
    public string? StackTrace { get; init; }

    public FailureDetails? Inner { get; init; }

    public bool IsNonRetriable { get; init; }
}
