using Dapr.Actors.Client;
using Microsoft.Extensions.Logging;

namespace Dapr.Actors.Runtime;

/// <summary>
/// Base of actor classes. The sidecar gives an actor one turn at a time, so its members need no locks. After each turn that succeeds its
/// state changes are saved in one transaction; after one that fails they are forgotten.
/// </summary>
public abstract class Actor
{
    /// <summary>Takes what the runtime hands over.</summary>
    protected Actor(ActorHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        Host = host;
        StateManager = new ActorStateManager(this);
        Logger = host.LoggerFactory.CreateLogger(GetType());
    }

    /// <summary>The actor's id.</summary>
    public ActorId Id => Host.Id;

    /// <summary>What the runtime handed over.</summary>
    public ActorHost Host { get; }

    /// <summary>Makes proxies of other actors.</summary>
    public IActorProxyFactory ProxyFactory => Host.ProxyFactory;

    /// <summary>The actor's state.</summary>
    public IActorStateManager StateManager { get; protected set; }

    /// <summary>Logs under the actor's class name.</summary>
    protected ILogger Logger { get; }

    /// <summary>Registers a timer, or replaces the one of that name; a null name is made up.</summary>
    public Task<ActorTimer> RegisterTimerAsync(string? timerName, string callback, byte[]? callbackParams, TimeSpan dueTime, TimeSpan period) =>
        RegisterAsync(new ActorTimer(TypeName, Id, NameOf(timerName), callback, callbackParams, dueTime, period));

    /// <summary>Registers a timer that ends after its time to live.</summary>
    public Task<ActorTimer> RegisterTimerAsync(
        string? timerName, string callback, byte[]? callbackParams, TimeSpan dueTime, TimeSpan period, TimeSpan ttl) =>
        RegisterAsync(new ActorTimer(TypeName, Id, NameOf(timerName), callback, callbackParams, dueTime, period, ttl));

    internal async Task ActivateAsync()
    {
        await StateManager.ClearCacheAsync().ConfigureAwait(false);
        await OnActivateAsync().ConfigureAwait(false);
        await SaveStateAsync().ConfigureAwait(false);
    }

    internal async Task DeactivateAsync()
    {
        await StateManager.ClearCacheAsync().ConfigureAwait(false);
        await OnDeactivateAsync().ConfigureAwait(false);
    }

    internal Task BeforeTurnAsync(ActorMethodContext turn) => OnPreActorMethodAsync(turn);

    internal async Task AfterTurnAsync(ActorMethodContext turn)
    {
        await OnPostActorMethodAsync(turn).ConfigureAwait(false);
        await SaveStateAsync().ConfigureAwait(false);
    }

    internal async Task TurnFailedAsync(ActorMethodContext turn, Exception error)
    {
        await OnActorMethodFailedAsync(turn, error).ConfigureAwait(false);
        await StateManager.ClearCacheAsync().ConfigureAwait(false);
    }

    /// <summary>Saves the state changes made so far.</summary>
    protected Task SaveStateAsync() => StateManager.SaveStateAsync();

    /// <summary>Runs before the first turn; an exception keeps the actor from becoming active.</summary>
    protected virtual Task OnActivateAsync() => Task.CompletedTask;

    /// <summary>Runs when the actor was idle for long or moves to another host.</summary>
    protected virtual Task OnDeactivateAsync() => Task.CompletedTask;

    /// <summary>Runs before each turn.</summary>
    protected virtual Task OnPreActorMethodAsync(ActorMethodContext actorMethodContext) => Task.CompletedTask;

    /// <summary>Runs after each turn that succeeded, before the state is saved.</summary>
    protected virtual Task OnPostActorMethodAsync(ActorMethodContext actorMethodContext) => Task.CompletedTask;

    /// <summary>Runs after a turn that failed, before the state changes are forgotten.</summary>
    protected virtual Task OnActorMethodFailedAsync(ActorMethodContext actorMethodContext, Exception e) => Task.CompletedTask;

    /// <summary>Registers a reminder, or replaces the one of that name; a negative period means once.</summary>
    protected Task<IActorReminder> RegisterReminderAsync(string reminderName, byte[]? state, TimeSpan dueTime, TimeSpan period) =>
        RegisterAsync(new ActorReminder(TypeName, Id, reminderName, state, dueTime, period));

    /// <summary>Registers a reminder that ends after its time to live.</summary>
    protected Task<IActorReminder> RegisterReminderAsync(string reminderName, byte[]? state, TimeSpan dueTime, TimeSpan period, TimeSpan ttl) =>
        RegisterAsync(new ActorReminder(TypeName, Id, reminderName, state, dueTime, period, ttl));

    /// <summary>Registers a reminder that fires a number of times.</summary>
    protected Task<IActorReminder> RegisterReminderAsync(string reminderName, byte[]? state, TimeSpan dueTime, TimeSpan period, int repetitions) =>
        RegisterAsync(new ActorReminder(TypeName, Id, reminderName, state, dueTime, period, repetitions, null));

    /// <summary>Registers a reminder that fires a number of times, or until its time to live is over.</summary>
    protected Task<IActorReminder> RegisterReminderAsync(
        string reminderName, byte[]? state, TimeSpan dueTime, TimeSpan period, int repetitions, TimeSpan ttl) =>
        RegisterAsync(new ActorReminder(TypeName, Id, reminderName, state, dueTime, period, repetitions, ttl));

    /// <summary>The reminder of that name, or null.</summary>
    protected Task<IActorReminder?> GetReminderAsync(string reminderName) =>
        Host.TimerManager.GetReminderAsync(new ActorReminderToken(TypeName, Id, reminderName));

    /// <summary>Removes a reminder; one that is gone is no error.</summary>
    protected Task UnregisterReminderAsync(IActorReminder reminder)
    {
        ArgumentNullException.ThrowIfNull(reminder);
        return UnregisterReminderAsync(reminder.Name);
    }

    /// <summary>Removes the reminder of that name; one that is gone is no error.</summary>
    protected Task UnregisterReminderAsync(string reminderName) =>
        Host.TimerManager.UnregisterReminderAsync(new ActorReminderToken(TypeName, Id, reminderName));

    /// <summary>Removes a timer; one that is gone is no error.</summary>
    protected Task UnregisterTimerAsync(ActorTimer timer) => Host.TimerManager.UnregisterTimerAsync(timer);

    /// <summary>Removes the timer of that name; one that is gone is no error.</summary>
    protected Task UnregisterTimerAsync(string timerName) =>
        Host.TimerManager.UnregisterTimerAsync(new ActorTimerToken(TypeName, Id, timerName));

    private string TypeName => Host.ActorTypeInfo.ActorTypeName;

    private string NameOf(string? timerName) => string.IsNullOrEmpty(timerName) ? $"{Id.GetId()}_Timer_{Guid.NewGuid():N}" : timerName;

    private async Task<IActorReminder> RegisterAsync(ActorReminder reminder)
    {
        await Host.TimerManager.RegisterReminderAsync(reminder).ConfigureAwait(false);
        return reminder;
    }

    private async Task<ActorTimer> RegisterAsync(ActorTimer timer)
    {
        TimerCallback.Find(GetType(), timer.TimerCallback);
        await Host.TimerManager.RegisterTimerAsync(timer).ConfigureAwait(false);
        return timer;
    }
}
