namespace LocalDapr.Engine.History;

/// <summary>The first event of an instance, and of each generation of it after continue-as-new.</summary>
public sealed record ExecutionStarted(string Name, string InstanceId, string ExecutionId) : HistoryEvent
{
    public string? Version { get; init; }

    public string? Input { get; init; }

    public ParentInstance? Parent { get; init; }

    public Moment? ScheduledStart { get; init; }

    public TraceContext? Trace { get; init; }

    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>The history its parent handed on; part of the work item, not of the event on the wire.</summary>
    public PropagatedHistory? Propagated { get; init; }

    /// <summary>
    /// The execution that began a detached workflow of another app, in the generations after it; that app may ask for it once more. Not of the
    /// event on the wire.
    /// </summary>
    public string? FirstExecutionId { get; init; }

    /// <summary>It was detached by a workflow of another app: nobody waits for it, and only its router tells that it came from elsewhere.</summary>
    internal bool IsFromLetter => Parent is null && Router is { SourceApp: "", TargetApp: not null };
}

/// <summary>The instance and action that started a child workflow.</summary>
public sealed record ParentInstance(int TaskId, string Name, string InstanceId, string ExecutionId)
{
    public string? Version { get; init; }

    public string? AppId { get; init; }
}

/// <summary>The last event of an instance.</summary>
public sealed record ExecutionCompleted(RuntimeStatus Status, string? Result, FailureDetails? Failure) : HistoryEvent;

/// <summary>Asks an instance to end; with <paramref name="Recurse"/> its open children too.</summary>
public sealed record ExecutionTerminated(string? Output, bool Recurse) : HistoryEvent;

public sealed record ExecutionSuspended(string? Reason) : HistoryEvent;

public sealed record ExecutionResumed(string? Reason) : HistoryEvent;

/// <summary>No worker at hand fits the history; the instance waits for one that does.</summary>
public sealed record ExecutionStalled(StallReason Reason, string? Description) : HistoryEvent;

/// <summary>Why an instance stalled; values are those of the task hub protocol.</summary>
public enum StallReason
{
    PatchMismatch = 0,
    VersionNotAvailable = 1,
    PayloadSizeExceeded = 2,
}

/// <summary>Opens every turn and is the clock of the workflow code; names the version and the patches first used in this turn.</summary>
public sealed record WorkflowStarted(WorkflowVersion? Version) : HistoryEvent;

/// <summary>What a worker said of the code that ran a turn.</summary>
public sealed record WorkflowVersion(IReadOnlyList<string> Patches, string? Name);

/// <summary>How much history goes along with an activity or a child; values are those of the task hub protocol.</summary>
public enum PropagationScope
{
    None = 0,
    OwnHistory = 1,
    Lineage = 2,
}

/// <summary>History handed on to an activity or a child: one chunk an instance, the eldest first.</summary>
public sealed record PropagatedHistory(PropagationScope Scope, IReadOnlyList<PropagatedChunk> Chunks);

public sealed record PropagatedChunk(string AppId, string InstanceId, string WorkflowName, IReadOnlyList<HistoryEvent> Events);
