using LocalDapr.Engine.History;
using LocalDapr.Engine.Turns;

namespace LocalDapr.Engine.Hub;

/// <summary>What an engine is told at its start.</summary>
public sealed record EngineOptions(string AppId)
{
    /// <summary>The Dapr namespace that metrics name; as in daprd, empty when the environment names none.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>Turns handed out at a time over all workers; 0 is no limit.</summary>
    public int MaxOpenTurns { get; init; }

    /// <summary>Activities handed out at a time over all workers; 0 is no limit.</summary>
    public int MaxOpenActivities { get; init; }

    /// <summary>Turns handed out at a time of the workflows of a name; a name that is missing has no limit of its own.</summary>
    public IReadOnlyDictionary<string, int> MaxOpenTurnsOf { get; init; } = new Dictionary<string, int>();

    /// <summary>Activities of a name handed out at a time; a name that is missing has no limit of its own.</summary>
    public IReadOnlyDictionary<string, int> MaxOpenActivitiesOf { get; init; } = new Dictionary<string, int>();

    /// <summary>The longest message a worker that keeps no instances is sent; an instance whose turn comes near it stalls. 0 is no limit.</summary>
    public long MaxHistoryBytes { get; init; }

    /// <summary>How long an event is as a message, in bytes: exact when the host says, else about. Called under the engine's lock.</summary>
    public Func<HistoryEvent, int> SizeOf { get; init; } = EventSize.Of;

    /// <summary>Finished instances kept in memory for those who ask for them soon after.</summary>
    public int FinishedInMemory { get; init; } = 1_000;

    /// <summary>Unfinished instances kept in memory though nothing is under way in them; the longest idle leave first.</summary>
    public int IdleInMemory { get; init; } = 10_000;

    /// <summary>Commits waiting for the store before callers have to wait.</summary>
    public int MaxQueuedCommits { get; init; } = 10_000;

    /// <summary>
    /// How long a start, an event or a result waits for the commit of the turn that takes it, so that both are one write. Zero for a store whose
    /// writes cost nothing.
    /// </summary>
    public TimeSpan ArrivalPatience { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// The largest input, result or custom status. A workflow whose activity comes near it stalls; an activity whose result is beyond it has failed,
    /// and so has a workflow that hands on more. 0 is no limit.
    /// </summary>
    public long MaxPayloadBytes { get; init; }

    /// <summary>The way to the engines of other apps; without one, work for another app fails.</summary>
    public IAppLink? Link { get; init; }

    /// <summary>Whether another app may have something done here; null admits all.</summary>
    public Func<AppAccess, bool>? Admits { get; init; }

    public RetentionPolicy Retention { get; init; } = RetentionPolicy.KeepAll;

    /// <summary>
    /// Told of every step of a recorded trace that has ended: quickly, as the engine waits. Null when nobody collects them; then traces are
    /// handed on as they came.
    /// </summary>
    public Action<Traces.WorkflowSpan>? OnSpan { get; init; }

    /// <summary>
    /// Told once of each activity, child or start that waits for an app which is not there: whose it is, and what is known of the app.
    /// </summary>
    public Action<string, IOException> OnAway { get; init; } = static (_, _) => { };

    /// <summary>Told of every failed write or background fault; the engine tries again by itself.</summary>
    public Action<Exception> OnFault { get; init; } = static _ => { };

    /// <summary>Told when the engine cannot go on: nothing is written or answered any more, and only a new start helps.</summary>
    public Action<Exception> OnBroken { get; init; } = static _ => { };
}

/// <summary>How long finished instances are kept; null is for ever. The specific time wins over <see cref="AnyTerminal"/>.</summary>
public sealed record RetentionPolicy(TimeSpan? Completed, TimeSpan? Failed, TimeSpan? Terminated, TimeSpan? AnyTerminal)
{
    public static readonly RetentionPolicy KeepAll = new(null, null, null, null);

    public bool KeepsAll => this == KeepAll;
}
