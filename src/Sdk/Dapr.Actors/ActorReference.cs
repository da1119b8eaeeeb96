using System.Diagnostics.CodeAnalysis;
using System.Runtime.Serialization;
using Dapr.Actors.Client;
using Dapr.Actors.Runtime;

namespace Dapr.Actors;

/// <summary>Names an actor so that the name can be stored or sent, and turned into a proxy again.</summary>
[DataContract(Name = "ActorReference", Namespace = "urn:actors")]
public sealed class ActorReference
{
    /// <summary>The actor's id.</summary>
    [DataMember(Name = "ActorId", Order = 0, IsRequired = true)]
    public ActorId ActorId { get; set; } = null!;

    /// <summary>The actor's registered type name.</summary>
    [DataMember(Name = "ActorType", Order = 0, IsRequired = true)]
    public string ActorType { get; set; } = null!;

    /// <summary>The reference of an actor or of a proxy of one; null for null.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The object is neither.</exception>
    [return: NotNullIfNotNull(nameof(actor))]
    public static ActorReference? Get(object? actor) => actor switch
    {
        null => null,
        Actor live => new() { ActorId = live.Id, ActorType = live.Host.ActorTypeInfo.ActorTypeName },
        IActorProxy proxy => new() { ActorId = proxy.ActorId, ActorType = proxy.ActorType },
        _ => throw new ArgumentOutOfRangeException(nameof(actor), $"{actor.GetType()} is neither an actor nor a proxy of one."),
    };

    /// <summary>A proxy of the actor, of the given interface.</summary>
    public object Bind(Type actorInterfaceType) => ActorProxy.Create(ActorId, actorInterfaceType, ActorType);
}
