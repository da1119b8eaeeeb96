namespace LocalDapr.Engine.History;

/// <summary>An activity was asked for; open until a result with this event id is in the history.</summary>
public sealed record TaskScheduled(string Name) : HistoryEvent
{
    public string? Version { get; init; }

    public string? Input { get; init; }

    public TraceContext? Trace { get; init; }

    public string TaskExecutionId { get; init; } = "";

    /// <summary>Set in a rerun: the instance whose history this event was copied from.</summary>
    public string? RerunOf { get; init; }

    public PropagationScope? Scope { get; init; }
}

public sealed record TaskCompleted(int TaskId, string? Result, string TaskExecutionId) : HistoryEvent;

public sealed record TaskFailed(int TaskId, FailureDetails? Failure, string TaskExecutionId) : HistoryEvent;

/// <summary>A child workflow was asked for; open until its result is in the history.</summary>
public sealed record ChildCreated(string InstanceId, string Name) : HistoryEvent
{
    public string? Version { get; init; }

    public string? Input { get; init; }

    public TraceContext? Trace { get; init; }

    public string? RerunOf { get; init; }

    public PropagationScope? Scope { get; init; }
}

/// <summary>A workflow was started that reports to nobody.</summary>
public sealed record DetachedCreated(string InstanceId) : HistoryEvent;

public sealed record ChildCompleted(int TaskId, string? Result) : HistoryEvent;

public sealed record ChildFailed(int TaskId, FailureDetails? Failure) : HistoryEvent;
