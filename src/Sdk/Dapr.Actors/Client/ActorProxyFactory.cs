using Dapr.Actors.Wire;

namespace Dapr.Actors.Client;

/// <inheritdoc cref="IActorProxyFactory"/>
public class ActorProxyFactory : IActorProxyFactory
{
    private readonly HttpMessageInvoker? invoker;
    private ActorProxyOptions defaultOptions;
    private SidecarActors? defaultSidecar;

    /// <summary>Takes the options of proxies that are made without any, and the handler that sends (a shared one by default).</summary>
    public ActorProxyFactory(ActorProxyOptions? options = null, HttpMessageHandler? handler = null)
    {
        defaultOptions = options ?? new ActorProxyOptions();
        invoker = handler is null ? null : new HttpMessageInvoker(handler, disposeHandler: false);
    }

    /// <summary>Options of proxies that are made without any.</summary>
    public ActorProxyOptions DefaultOptions
    {
        get => defaultOptions;
        set
        {
            defaultOptions = value ?? throw new ArgumentNullException(nameof(value));
            defaultSidecar = null;
        }
    }

    /// <inheritdoc/>
    public ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null) =>
        
        new(actorId, actorType, Sidecar(options), (options ?? defaultOptions).JsonSerializerOptions, (options ?? defaultOptions).UseJsonSerialization);

    /// <inheritdoc/>
    public TActorInterface CreateActorProxy<TActorInterface>(ActorId actorId, string actorType, ActorProxyOptions? options = null)
        where TActorInterface : IActor => (TActorInterface)CreateActorProxy(actorId, typeof(TActorInterface), actorType, options);

    /// <inheritdoc/>
    public object CreateActorProxy(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions? options = null) =>
        TypedActorProxy.Create(actorInterfaceType, Create(actorId, actorType, options));

    private SidecarActors Sidecar(ActorProxyOptions? options)
    {
        if (options is not null && options != defaultOptions) return SidecarFor(options);
        return defaultSidecar ??= SidecarFor(defaultOptions);
    }

    private SidecarActors SidecarFor(ActorProxyOptions options) =>
        new(options.HttpEndpoint, options.DaprApiToken, options.RequestTimeout, invoker);
}
