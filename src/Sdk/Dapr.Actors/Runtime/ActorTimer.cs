namespace Dapr.Actors.Runtime;

/// <summary>Names a timer.</summary>
public class ActorTimerToken
{
    /// <summary>Takes the actor and the timer's name.</summary>
    public ActorTimerToken(string actorType, ActorId actorId, string name)
    {
        ArgumentNullException.ThrowIfNull(actorType);
        ArgumentNullException.ThrowIfNull(actorId);
        ArgumentNullException.ThrowIfNull(name);
        (ActorType, ActorId, Name) = (actorType, actorId, name);
    }

    /// <summary>The actor's registered type name.</summary>
    public string ActorType { get; }

    /// <summary>The actor's id.</summary>
    public ActorId ActorId { get; }

    /// <summary>The timer's name.</summary>
    public string Name { get; }
}

/// <summary>A timer with its schedule. Timers live in the sidecar's memory and end with it.</summary>
public class ActorTimer : ActorTimerToken
{
    /// <summary>Fires without end, or once when the period is negative.</summary>
    public ActorTimer(
        string actorType, ActorId actorId, string name, string timerCallback, byte[]? data, TimeSpan dueTime, TimeSpan period)
        : this(actorType, actorId, name, timerCallback, data, dueTime, period, (TimeSpan?)null)
    {
    }

    /// <summary>Fires until its time to live is over.</summary>
    public ActorTimer(
        string actorType, ActorId actorId, string name, string timerCallback, byte[]? data, TimeSpan dueTime, TimeSpan period, TimeSpan ttl)
        : this(actorType, actorId, name, timerCallback, data, dueTime, period, (TimeSpan?)ttl)
    {
    }

    private ActorTimer(
        string actorType, ActorId actorId, string name, string timerCallback, byte[]? data, TimeSpan dueTime, TimeSpan period, TimeSpan? ttl)
        : base(actorType, actorId, name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        if (period < TimeSpan.Zero && period != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(nameof(period), period, "A period is positive, or -1 ms for a timer that fires once.");
        if (ttl < dueTime) throw new ArgumentOutOfRangeException(nameof(ttl), ttl, "A timer must be due within its time to live.");
        (TimerCallback, Data, DueTime, Period, Ttl) = (timerCallback, data, dueTime, period, ttl);
    }

    /// <summary>Name of the method that each firing calls.</summary>
    public string TimerCallback { get; }

    /// <summary>The bytes that each firing hands to the method.</summary>
    public byte[]? Data { get; }

    /// <summary>Time from registration to the first firing.</summary>
    public TimeSpan DueTime { get; }

    /// <summary>Time between firings; negative means it fires once.</summary>
    public TimeSpan Period { get; }

    /// <summary>Time after which it is gone.</summary>
    public TimeSpan? Ttl { get; }
}
