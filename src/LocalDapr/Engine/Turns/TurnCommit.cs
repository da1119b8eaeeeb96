using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Turns;

/// <summary>Everything one turn changes, as one value: the engine writes it in one commit, and acts on it only afterwards.</summary>
public sealed record TurnCommit
{
    /// <summary>Appended to the history, or all that is left of it after <see cref="Restarted"/>.</summary>
    public required IReadOnlyList<HistoryEvent> History { get; init; }

    /// <summary>Continue-as-new: the history so far is dropped, and these events open the next generation's inbox.</summary>
    public IReadOnlyList<HistoryEvent>? Restarted { get; init; }

    /// <summary>Messages to other instances, delivered to their inboxes in the same commit.</summary>
    public IReadOnlyList<OutgoingMessage> Messages { get; init; } = [];

    public string? CustomStatus { get; init; }

    /// <summary>A termination ended the workflow against its code: what the history says was scheduled in this turn is not done.</summary>
    public bool IsOverruled { get; init; }

    /// <summary>The turn is undone: its inbox stays, and only the stall is noted, with the custom status.</summary>
    public bool IsStall { get; init; }
}

/// <summary>An event for the inbox of another instance; a start creates the instance.</summary>
public sealed record OutgoingMessage(string InstanceId, HistoryEvent Event)
{
    /// <summary>The app whose instance it is, when it is not this one.</summary>
    public string? TargetApp { get; init; }
}

/// <summary>What deciding needs to know from outside: everything that is not in the arguments cannot influence the outcome.</summary>
public sealed record TurnFacts(string AppId, Moment Now, Func<string> NewExecutionId)
{
    /// <summary>Says of a child's id whether an instance with it is active, so that it cannot be started.</summary>
    public Func<string, bool> IsActive { get; init; } = static _ => false;

    /// <summary>Says of an active instance whether it is the child that this task of this instance has started before.</summary>
    public Func<string, int, bool> IsOwnChild { get; init; } = static (_, _) => false;

    /// <summary>Says of the id of a finished instance why no child may have it yet; null when one may.</summary>
    public Func<string, string?> WhyNotAgain { get; init; } = static _ => null;

    /// <summary>The instance is a step of its trace, and what it asks for hangs below it; else its trace is handed on as it came.</summary>
    public bool NamesSteps { get; init; }

    /// <summary>The largest payload an action may carry; 0 is no limit.</summary>
    public long MaxPayloadBytes { get; init; }

    /// <summary>How long an event is as a message, in bytes.</summary>
    public Func<HistoryEvent, int> SizeOf { get; init; } = EventSize.Of;

    /// <summary>Activities and children may be for other apps; the engine asks those apps once the turn is durable.</summary>
    public bool ReachesOtherApps { get; init; }
}
