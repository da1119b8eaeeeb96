using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Turns;

/// <summary>One thing a worker wants done, answered by the events its id names.</summary>
public abstract record WorkflowAction(int Id)
{
    /// <summary>The app that is to do it, when it is not this one.</summary>
    public string? TargetApp { get; init; }
}

public sealed record ScheduleTask(int Id, string Name) : WorkflowAction(Id)
{
    public string? Version { get; init; }

    public string? Input { get; init; }

    public string TaskExecutionId { get; init; } = "";

    public PropagationScope? Scope { get; init; }
}

/// <summary>An empty <paramref name="InstanceId"/> becomes parent, colon and the action's id as four hex digits.</summary>
public sealed record CreateChild(int Id, string InstanceId, string Name) : WorkflowAction(Id)
{
    public string? Version { get; init; }

    public string? Input { get; init; }

    public PropagationScope? Scope { get; init; }
}

/// <summary>Starts a workflow that this one has nothing to do with afterwards: no result, no cascade. It needs an id of its own.</summary>
public sealed record CreateDetached(int Id, string InstanceId, string Name) : WorkflowAction(Id)
{
    public string? Input { get; init; }

    public Moment? ScheduledStart { get; init; }

    public string? ExecutionId { get; init; }

    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    public TraceContext? Trace { get; init; }
}

public sealed record CreateTimer(int Id, Moment FireAt) : WorkflowAction(Id)
{
    public string? Name { get; init; }

    public TimerOrigin Origin { get; init; }

    public string? OriginDetail { get; init; }
}

public sealed record SendEvent(int Id, string InstanceId, string Name, string? Input) : WorkflowAction(Id);

/// <summary>Ends the workflow, or (CONTINUED_AS_NEW) this generation of it.</summary>
public sealed record CompleteWorkflow(int Id, RuntimeStatus Status) : WorkflowAction(Id)
{
    public string? Result { get; init; }

    public FailureDetails? Failure { get; init; }

    public IReadOnlyList<HistoryEvent> Carryover { get; init; } = [];
}

public sealed record TerminateOther(int Id, string InstanceId, string? Reason, bool Recurse) : WorkflowAction(Id);

/// <summary>The worker does not have the version of the workflow that the history was made with.</summary>
public sealed record VersionNotAvailable(int Id) : WorkflowAction(Id);

/// <summary>A worker's answer to one turn.</summary>
public sealed record TurnResponse(string InstanceId, IReadOnlyList<WorkflowAction> Actions)
{
    public string? CustomStatus { get; init; }

    public WorkflowVersion? Version { get; init; }

    /// <summary>The token of the work item, or empty: then whatever turn is open is meant.</summary>
    public string Token { get; init; } = "";

    /// <summary>The network connection it came over, when that is known.</summary>
    public string? Peer { get; init; }
}
