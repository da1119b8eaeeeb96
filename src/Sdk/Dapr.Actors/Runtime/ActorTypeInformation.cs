using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace Dapr.Actors.Runtime;

/// <summary>What the runtime knows of an actor class.</summary>
public sealed class ActorTypeInformation
{
    private ActorTypeInformation(Type type, string? typeName)
    {
        ImplementationType = type;
        ActorTypeName = typeName ?? type.GetCustomAttribute<ActorAttribute>()?.TypeName ?? type.Name;
        InterfaceTypes = [.. type.GetInterfaces().Where(i => i != typeof(IActor) && typeof(IActor).IsAssignableFrom(i))];
        IsAbstract = type.IsAbstract;
        IsRemindable = typeof(IRemindable).IsAssignableFrom(type);
    }

    /// <summary>The type name the sidecar knows the actor by.</summary>
    public string ActorTypeName { get; }

    /// <summary>The class.</summary>
    public Type ImplementationType { get; }

    /// <summary>The interfaces derived from <see cref="IActor"/> that the class implements.</summary>
    public IEnumerable<Type> InterfaceTypes { get; }

    /// <summary>Whether the class is abstract.</summary>
    public bool IsAbstract { get; }

    /// <summary>Whether the class takes reminders.</summary>
    public bool IsRemindable { get; }

    /// <summary>Looks at a class.</summary>
    /// <exception cref="ArgumentException">The class does not derive from <see cref="Actor"/> or has no actor interface.</exception>
    public static ActorTypeInformation Get(Type actorType, string? actorTypeName)
    {
        ArgumentNullException.ThrowIfNull(actorType);
        if (!typeof(Actor).IsAssignableFrom(actorType))
            throw new ArgumentException($"{actorType} does not derive from {typeof(Actor)}.", nameof(actorType));
        var information = new ActorTypeInformation(actorType, actorTypeName);
        if (!actorType.IsAbstract && !information.InterfaceTypes.Any())
            throw new ArgumentException($"{actorType} implements no interface derived from {typeof(IActor)}.", nameof(actorType));
        return information;
    }

    /// <summary>Looks at a class whose type name is its own or its attribute's.</summary>
    [Obsolete("Say the type name: Get(actorType, actorTypeName).")]
    public static ActorTypeInformation Get(Type actorType) => Get(actorType, null);

    /// <summary>Looks at a class; false when it is no actor.</summary>
    [Obsolete("Use Get(actorType, actorTypeName) and catch ArgumentException.")]
    public static bool TryGet(Type actorType, [NotNullWhen(true)] out ActorTypeInformation? actorTypeInformation)
    {
        try
        {
            actorTypeInformation = Get(actorType, null);
            return true;
        }
        catch (ArgumentException)
        {
            actorTypeInformation = null;
            return false;
        }
    }
}
