namespace Dapr.Actors.Runtime;

/// <summary>Names a reminder.</summary>
public class ActorReminderToken
{
    /// <summary>Takes the actor and the reminder's name.</summary>
    public ActorReminderToken(string actorType, ActorId actorId, string name)
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

    /// <summary>The reminder's name.</summary>
    public string Name { get; }
}

/// <summary>A reminder with its schedule.</summary>
public class ActorReminder : ActorReminderToken, IActorReminder
{
    /// <summary>Fires without end, or once when the period is negative.</summary>
    public ActorReminder(string actorType, ActorId actorId, string name, byte[]? state, TimeSpan dueTime, TimeSpan period)
        : this(actorType, actorId, name, state, dueTime, period, null, null)
    {
    }

    /// <summary>Fires until its time to live is over.</summary>
    public ActorReminder(string actorType, ActorId actorId, string name, byte[]? state, TimeSpan dueTime, TimeSpan period, TimeSpan ttl)
        : this(actorType, actorId, name, state, dueTime, period, null, ttl)
    {
    }

    /// <summary>Fires a number of times.</summary>
    public ActorReminder(string actorType, ActorId actorId, string name, byte[]? state, TimeSpan dueTime, TimeSpan period, int? repetitions)
        : this(actorType, actorId, name, state, dueTime, period, repetitions, null)
    {
    }

    /// <summary>Fires a number of times, or until its time to live is over.</summary>
    public ActorReminder(
        string actorType, ActorId actorId, string name, byte[]? state, TimeSpan dueTime, TimeSpan period, int? repetitions, TimeSpan? ttl)
        : base(actorType, actorId, name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        if (period < TimeSpan.Zero && period != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(nameof(period), period, "A period is positive, or -1 ms for a reminder that fires once.");
        if (ttl < dueTime) throw new ArgumentOutOfRangeException(nameof(ttl), ttl, "A reminder must be due within its time to live.");
        if (repetitions <= 0) throw new ArgumentOutOfRangeException(nameof(repetitions), repetitions, "Repetitions must be positive.");
        (State, DueTime, Period, Repetitions, Ttl) = (state, dueTime, period, repetitions, ttl);
    }

    /// <inheritdoc/>
    public byte[]? State { get; }

    /// <inheritdoc/>
    public TimeSpan DueTime { get; }

    /// <inheritdoc/>
    public TimeSpan Period { get; }

    /// <summary>Time after which it is gone.</summary>
    public TimeSpan? Ttl { get; }

    /// <summary>Firings in all.</summary>
    public int? Repetitions { get; }
}
