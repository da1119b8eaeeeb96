using System.Collections.ObjectModel;

namespace Dapr.Actors.Runtime;

/// <summary>An actor type that the app hosts.</summary>
public sealed class ActorRegistration
{
    /// <summary>Takes the type.</summary>
    public ActorRegistration(ActorTypeInformation type)
        : this(type, null)
    {
    }

    /// <summary>Takes the type and options of its own, which the sidecar takes for this type instead of the app's.</summary>
    public ActorRegistration(ActorTypeInformation type, ActorRuntimeOptions? options)
    {
        ArgumentNullException.ThrowIfNull(type);
        Type = type;
        TypeOptions = options;
    }

    /// <summary>The type.</summary>
    public ActorTypeInformation Type { get; }

    /// <summary>Makes its actors; the container does unless set.</summary>
    public ActorActivator? Activator { get; set; }

    /// <summary>Options of its own.</summary>
    public ActorRuntimeOptions? TypeOptions { get; }
}

/// <summary>The actor types that the app hosts.</summary>
public sealed class ActorRegistrationCollection : KeyedCollection<ActorTypeInformation, ActorRegistration>
{
    /// <summary>Hosts a class under its own name.</summary>
    public void RegisterActor<TActor>(Action<ActorRegistration>? configure = null)
        where TActor : Actor => Register<TActor>(null, null, configure);

    /// <summary>Hosts a class with options of its own.</summary>
    public void RegisterActor<TActor>(ActorRuntimeOptions? typeOptions, Action<ActorRegistration>? configure = null)
        where TActor : Actor => Register<TActor>(null, typeOptions, configure);

    /// <summary>Hosts a class under a type name.</summary>
    public void RegisterActor<TActor>(string? actorTypeName, Action<ActorRegistration>? configure = null)
        where TActor : Actor => Register<TActor>(actorTypeName, null, configure);

    /// <summary>Hosts a class under a type name, with options of its own.</summary>
    public void RegisterActor<TActor>(string? actorTypeName, ActorRuntimeOptions? typeOptions, Action<ActorRegistration>? configure = null)
        where TActor : Actor => Register<TActor>(actorTypeName, typeOptions, configure);

    /// <inheritdoc/>
    protected override ActorTypeInformation GetKeyForItem(ActorRegistration item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return item.Type;
    }

    private void Register<TActor>(string? typeName, ActorRuntimeOptions? options, Action<ActorRegistration>? configure)
    {
        var registration = new ActorRegistration(ActorTypeInformation.Get(typeof(TActor), typeName), options);
        configure?.Invoke(registration);
        Add(registration);
    }
}
