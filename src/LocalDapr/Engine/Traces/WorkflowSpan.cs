using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Traces;

/// <summary>
/// A step of a workflow that has ended, for whoever collects traces. Told once it has ended: a step outlives processes, so nothing of it is
/// kept open anywhere.
/// </summary>
/// <param name="Name">As the task hub's engines name it, e.g. <c>activity||ReserveStock</c>.</param>
/// <param name="Kind">What the step is.</param>
/// <param name="Parent">The step that this one is below.</param>
/// <param name="SpanId">Its own id, 16 digits.</param>
public sealed record WorkflowSpan(string Name, WorkflowSpanKind Kind, TraceContext Parent, string SpanId)
{
    public required DateTimeOffset Began { get; init; }

    public required DateTimeOffset Ended { get; init; }

    public required IReadOnlyList<KeyValuePair<string, object>> Attributes { get; init; }

    /// <summary>What happened to the workflow on its way.</summary>
    public IReadOnlyList<WorkflowSpanEvent> Events { get; init; } = [];

    /// <summary>Why it failed; null when it did not.</summary>
    public string? Failure { get; init; }
}

/// <summary>What a step is.</summary>
public enum WorkflowSpanKind
{
    Workflow,
    Activity,
    Timer,
}

/// <summary>Something that happened during a step.</summary>
public sealed record WorkflowSpanEvent(string Name, DateTimeOffset At, IReadOnlyList<KeyValuePair<string, object>> Attributes);
