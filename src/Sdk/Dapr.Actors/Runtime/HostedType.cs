using System.Collections.Concurrent;
using Dapr.Actors.Wire;

namespace Dapr.Actors.Runtime;

/// <summary>
/// The active actors of one type. An actor is made by the first call for it; the sidecar never sends two calls of one actor at a time
/// unless they are of one reentrant chain, in which case the actor is active already.
/// </summary>
internal sealed class HostedType(ActorRegistration registration, ActorActivator activator, HostServices services)
{
    private readonly ConcurrentDictionary<string, ActorActivatorState> active = new(StringComparer.Ordinal);

    public ActorTypeInformation Type => registration.Type;

    public ActorMethods Methods { get; } = new(registration.Type, services.Json);

    public async ValueTask<T> TakeTurnAsync<T>(string id, ActorMethodContext turn, Func<Actor, ValueTask<T>> work)
    {
        var actor = active.TryGetValue(id, out var known) ? known.Actor : await ActivateAsync(id).ConfigureAwait(false);
        if (Reentrancy.Current is not null && actor.StateManager is ActorStateManager state) state.BeginTurnOfChain();
        try
        {
            await actor.BeforeTurnAsync(turn).ConfigureAwait(false);
            var result = await work(actor).ConfigureAwait(false);
            await actor.AfterTurnAsync(turn).ConfigureAwait(false);
            return result;
        }
        catch (Exception error)
        {
            await actor.TurnFailedAsync(turn, error).ConfigureAwait(false);
            throw;
        }
    }

    public async Task DeactivateAsync(string id)
    {
        if (!active.TryRemove(id, out var state)) return;
        try
        {
            await state.Actor.DeactivateAsync().ConfigureAwait(false);
        }
        finally
        {
            await activator.DeleteAsync(state).ConfigureAwait(false);
        }
    }

    private async Task<Actor> ActivateAsync(string id)
    {
        var state = await activator.CreateAsync(new ActorHost(Type, new ActorId(id), services)).ConfigureAwait(false);
        try
        {
            await state.Actor.ActivateAsync().ConfigureAwait(false);
        }
        catch
        {
            await activator.DeleteAsync(state).ConfigureAwait(false);
            throw;
        }

        active[id] = state;
        return state.Actor;
    }
}
