using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Hub;

/// <summary>A turn for a worker.</summary>
public sealed record TurnItem(string InstanceId, string ExecutionId, string Token)
{
    /// <summary>The committed history; null when the worker has it (see <see cref="CachedEvents"/>).</summary>
    public IReadOnlyList<HistoryEvent>? Past { get; init; }

    public required IReadOnlyList<HistoryEvent> New { get; init; }

    /// <summary>Length of the committed history at this point.</summary>
    public int CachedEvents { get; init; }

    public PropagatedHistory? Propagated { get; init; }
}

/// <summary>An activity for a worker.</summary>
public sealed class ActivityItem
{
    internal ActivityItem(string instanceId, string executionId, TaskScheduled task)
    {
        InstanceId = instanceId;
        ExecutionId = executionId;
        Task = task;
        Trace = task.Trace;
    }

    public string InstanceId { get; }

    /// <summary>Also the item's completion token: a result for an earlier generation is told apart by it.</summary>
    public string ExecutionId { get; }

    public TaskScheduled Task { get; }

    public PropagatedHistory? Propagated { get; init; }

    /// <summary>What the activity's own work goes on with; with spans, the present attempt's.</summary>
    public TraceContext? Trace { get; internal set; }

    /// <summary>When the worker got it; told with spans only.</summary>
    internal Moment GivenOutAt { get; set; }

    /// <summary>Time stamp of when it came to where it is: into the queue, or to a worker.</summary>
    internal long Since { get; set; }

    /// <summary>Who has it in hand; null while it is queued.</summary>
    internal WorkerConnection? Worker { get; set; }

    /// <summary>Set for the activity of another app's workflow: that app waits for the result.</summary>
    internal TaskCompletionSource<ActivityResult>? Guest { get; init; }

    /// <summary>Of the other app that asked, those who wait for the end now. Guarded by the engine's lock.</summary>
    internal int Listeners { get; set; }

    /// <summary>What stands for it in the store, once its instance has ended without it.</summary>
    internal Instance? Letter { get; set; }

    /// <summary>Answered or no longer wanted: a queue drops it.</summary>
    internal bool IsDone { get; set; }
}

/// <summary>An activity's result as a worker sends it; a failure when <see cref="Failure"/> is there.</summary>
public sealed record ActivityResult(string InstanceId, int TaskId, string? Result, FailureDetails? Failure)
{
    public string Token { get; init; } = "";
}
