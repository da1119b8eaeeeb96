namespace Dapr.Actors.Runtime;

/// <summary>Keeps reminders and timers of actors; tests put their own in <see cref="ActorTestOptions"/>.</summary>
public abstract class ActorTimerManager
{
    /// <summary>Registers a reminder, or replaces the one of that name.</summary>
    public abstract Task RegisterReminderAsync(ActorReminder reminder);

    /// <summary>The reminder, or null when there is none.</summary>
    public abstract Task<IActorReminder?> GetReminderAsync(ActorReminderToken reminder);

    /// <summary>Removes a reminder; one that is gone is no error.</summary>
    public abstract Task UnregisterReminderAsync(ActorReminderToken reminder);

    /// <summary>Registers a timer, or replaces the one of that name.</summary>
    public abstract Task RegisterTimerAsync(ActorTimer timer);

    /// <summary>Removes a timer; one that is gone is no error.</summary>
    public abstract Task UnregisterTimerAsync(ActorTimerToken timer);
}
