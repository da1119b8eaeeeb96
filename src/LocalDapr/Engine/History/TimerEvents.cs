namespace LocalDapr.Engine.History;

/// <summary>A durable timer was set; open until it fired, or until the event it waited for was raised.</summary>
public sealed record TimerCreated(Moment FireAt) : HistoryEvent
{
    public string? Name { get; init; }

    public string? RerunOf { get; init; }

    public TimerOrigin Origin { get; init; }

    /// <summary>Event name, task execution id or child id, as the origin has it.</summary>
    public string? OriginDetail { get; init; }

    /// <summary>The event that cancels this timer, if there is one.</summary>
    public string? CancelledBy => Origin switch
    {
        TimerOrigin.ExternalEvent => OriginDetail,
        TimerOrigin.Unknown => Name,
        _ => null,
    };
}

/// <summary>What a timer is for; values are the field numbers of timerCreated in the task hub protocol.</summary>
public enum TimerOrigin
{
    Unknown = 0,
    CreateTimer = 4,
    ExternalEvent = 5,
    ActivityRetry = 6,
    ChildRetry = 7,
}

public sealed record TimerFired(int TimerId, Moment FireAt) : HistoryEvent;

/// <summary>An external event came in. Names are matched by the worker, ignoring case.</summary>
public sealed record EventRaised(string Name, string? Input) : HistoryEvent;

/// <summary>This instance raised an event on another one.</summary>
public sealed record EventSent(string InstanceId, string Name, string? Input) : HistoryEvent;
