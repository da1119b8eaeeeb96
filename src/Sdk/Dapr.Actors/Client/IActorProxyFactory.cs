namespace Dapr.Actors.Client;

/// <summary>Makes proxies. Thread-safe; making one costs no I/O and does not activate the actor.</summary>
public interface IActorProxyFactory
{
    /// <summary>A weakly typed proxy: methods by name, JSON in and out.</summary>
    ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null);

    /// <summary>A proxy that implements the actor's interface.</summary>
    TActorInterface CreateActorProxy<TActorInterface>(ActorId actorId, string actorType, ActorProxyOptions? options = null)
        where TActorInterface : IActor;

    /// <summary>A proxy that implements the given interface of the actor.</summary>
    object CreateActorProxy(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions? options = null);
}
