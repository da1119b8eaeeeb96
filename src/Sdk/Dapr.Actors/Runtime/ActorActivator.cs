using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Actors.Runtime;

/// <summary>Makes and disposes of the actors of one type.</summary>
public abstract class ActorActivator
{
    /// <summary>Makes an actor.</summary>
    public abstract Task<ActorActivatorState> CreateAsync(ActorHost host);

    /// <summary>Disposes of an actor that <see cref="CreateAsync"/> made.</summary>
    public abstract Task DeleteAsync(ActorActivatorState state);
}

/// <summary>An actor with what its activator needs to dispose of it.</summary>
public class ActorActivatorState
{
    /// <summary>Takes the actor.</summary>
    public ActorActivatorState(Actor actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        Actor = actor;
    }

    /// <summary>The actor.</summary>
    public Actor Actor { get; }
}

/// <summary>Makes an activator per actor type.</summary>
public abstract class ActorActivatorFactory
{
    /// <summary>An activator for the type.</summary>
    public abstract ActorActivator CreateActivator(ActorTypeInformation type);
}

/// <summary>Activators that take constructor arguments from the container, in a scope that lives as long as the actor.</summary>
internal sealed class ScopedActorActivatorFactory(IServiceProvider services) : ActorActivatorFactory
{
    public override ActorActivator CreateActivator(ActorTypeInformation type) => new ScopedActorActivator(services, type);

    private sealed class ScopedActorActivator(IServiceProvider services, ActorTypeInformation type) : ActorActivator
    {
        private readonly ObjectFactory create = ActivatorUtilities.CreateFactory(type.ImplementationType, [typeof(ActorHost)]);

        public override async Task<ActorActivatorState> CreateAsync(ActorHost host)
        {
            var scope = services.CreateAsyncScope();
            try
            {
                return new State((Actor)create(scope.ServiceProvider, [host]), scope);
            }
            catch
            {
                await scope.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }

        public override async Task DeleteAsync(ActorActivatorState state)
        {
            if (state.Actor is IAsyncDisposable asyncDisposable) await asyncDisposable.DisposeAsync().ConfigureAwait(false);
            else if (state.Actor is IDisposable disposable) disposable.Dispose();
            await ((State)state).Scope.DisposeAsync().ConfigureAwait(false);
        }

        private sealed class State(Actor actor, AsyncServiceScope scope) : ActorActivatorState(actor)
        {
            public AsyncServiceScope Scope { get; } = scope;
        }
    }
}
