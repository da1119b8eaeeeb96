using LocalDapr.Runtime.Actors.Reminders;
using LocalDapr.Runtime.Actors.Timers;
using LocalDapr.Runtime.Invocation;

namespace LocalDapr.Runtime.Actors.Hosting;

/// <summary>How an app took a reminder or timer.</summary>
internal enum Firing
{
    Taken,
    Failed,

    /// <summary>Nobody listens: the app knows nothing of it.</summary>
    Unreached,
}

/// <summary>The app's side of actors. The caller holds the actor's turn.</summary>
internal interface IActorApp
{
    /// <summary>Whether an app that has ended is to be waited for at its port; one that hosts over a stream opens another.</summary>
    bool ComesBackToItsPort { get; }

    /// <exception cref="DaprError">The app did not answer with success.</exception>
    /// <exception cref="ActorAppGoneException">Nobody listens: the call has not reached the app.</exception>
    Task<AppResponse> InvokeAsync(ActorCall call, string? chain, CancellationToken cancellation);

    /// <exception cref="ActorAppGoneException">Nobody listens.</exception>
    Task<Firing> RemindAsync(Reminder reminder, CancellationToken cancellation);

    /// <exception cref="ActorAppGoneException">Nobody listens.</exception>
    Task<Firing> FireTimerAsync(ActorTimer timer, CancellationToken cancellation);

    /// <summary>Whether the app took it.</summary>
    Task<bool> DeactivateAsync(ActorKey actor, CancellationToken cancellation);
}

/// <summary>The process that hosts the actors has ended, or does not listen yet. What was to be done has not begun.</summary>
internal sealed class ActorAppGoneException(string message) : Exception(message);
