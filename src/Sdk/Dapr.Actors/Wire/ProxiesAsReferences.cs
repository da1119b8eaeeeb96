using System.Runtime.Serialization;

namespace Dapr.Actors.Wire;

/// <summary>Where a data contract has an actor's interface, its reference travels; what arrives is a proxy again.</summary>
internal sealed class ProxiesAsReferences : ISerializationSurrogateProvider
{
    public static readonly ProxiesAsReferences Instance = new();

    public Type GetSurrogateType(Type type) => typeof(IActor).IsAssignableFrom(type) ? typeof(ActorReference) : type;

    public object GetObjectToSerialize(object obj, Type targetType) => obj is IActor ? ActorReference.Get(obj) : obj;

    public object GetDeserializedObject(object obj, Type targetType) =>
        obj is ActorReference reference && typeof(IActor).IsAssignableFrom(targetType) ? reference.Bind(targetType) : obj;
}
