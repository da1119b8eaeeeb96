namespace Dapr.Actors.Client;

/// <summary>What every proxy of an actor tells.</summary>
public interface IActorProxy
{
    /// <summary>The actor's id.</summary>
    ActorId ActorId { get; }

    /// <summary>The actor's registered type name.</summary>
    string ActorType { get; }
}
