using System.Text.Json;
using Dapr.Actors.Client;
using Dapr.Actors.Wire;
using Microsoft.Extensions.Logging;

namespace Dapr.Actors.Runtime;

/// <summary>What the runtime hands to an actor it makes.</summary>
public sealed class ActorHost
{
    internal ActorHost(ActorTypeInformation actorTypeInfo, ActorId id, HostServices services)
    {
        ActorTypeInfo = actorTypeInfo;
        Id = id;
        LoggerFactory = services.LoggerFactory;
        JsonSerializerOptions = services.Json;
        ProxyFactory = services.ProxyFactory;
        TimerManager = services.TimerManager;
        Sidecar = services.Sidecar;
    }

    /// <summary>The actor's type.</summary>
    public ActorTypeInformation ActorTypeInfo { get; }

    /// <summary>The actor's id.</summary>
    public ActorId Id { get; }

    /// <summary>Makes loggers.</summary>
    public ILoggerFactory LoggerFactory { get; }

    /// <summary>Options of JSON bodies and state.</summary>
    public JsonSerializerOptions JsonSerializerOptions { get; }

    /// <summary>Makes proxies of other actors.</summary>
    public IActorProxyFactory ProxyFactory { get; }

    /// <summary>Keeps the actor's reminders and timers.</summary>
    public ActorTimerManager TimerManager { get; }

    internal SidecarActors? Sidecar { get; }

    /// <summary>A host for a unit test of an actor.</summary>
    public static ActorHost CreateForTest<TActor>(ActorTestOptions? options = null)
        where TActor : Actor => CreateForTest(typeof(TActor), null, options);

    /// <summary>A host for a unit test of an actor, with a type name.</summary>
    public static ActorHost CreateForTest<TActor>(string? actorTypeName, ActorTestOptions? options = null)
        where TActor : Actor => CreateForTest(typeof(TActor), actorTypeName, options);

    /// <summary>A host for a unit test of an actor.</summary>
    public static ActorHost CreateForTest(Type actorType, ActorTestOptions? options = null) => CreateForTest(actorType, null, options);

    /// <summary>A host for a unit test of an actor, with a type name.</summary>
    public static ActorHost CreateForTest(Type actorType, string? actorTypeName, ActorTestOptions? options = null)
    {
        options ??= new ActorTestOptions();
        var services = new HostServices(options.LoggerFactory, options.JsonSerializerOptions, options.ProxyFactory, options.TimerManager, Sidecar: null);
        return new ActorHost(ActorTypeInformation.Get(actorType, actorTypeName), options.ActorId, services);
    }
}

/// <summary>What all actors of a process share.</summary>
internal sealed record HostServices(
    ILoggerFactory LoggerFactory, JsonSerializerOptions Json, IActorProxyFactory ProxyFactory, ActorTimerManager TimerManager, SidecarActors? Sidecar);
