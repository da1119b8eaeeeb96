using System.Text.Json;
using Dapr.Actors.Wire;

namespace Dapr.Actors.Client;

/// <summary>Calls an actor by method names, with JSON in and out. Thread-safe.</summary>
public class ActorProxy : IActorProxy
{
    private readonly SidecarActors sidecar;

    internal ActorProxy(ActorId actorId, string actorType, SidecarActors sidecar, JsonSerializerOptions json, bool typedJson = false)
    {
        ArgumentNullException.ThrowIfNull(actorId);
        ArgumentException.ThrowIfNullOrEmpty(actorType);
        ActorId = actorId;
        ActorType = actorType;
        this.sidecar = sidecar;
        Json = json;
        TypedJson = typedJson ? json : null;
    }

    /// <summary>The factory behind the static methods; it takes the sidecar's address from the environment.</summary>
    public static IActorProxyFactory DefaultProxyFactory { get; } = new ActorProxyFactory();

    /// <inheritdoc/>
    public ActorId ActorId { get; }

    /// <inheritdoc/>
    public string ActorType { get; }

    internal JsonSerializerOptions Json { get; }

    /// <summary>Of the bodies of typed calls; null for data contracts.</summary>
    internal JsonSerializerOptions? TypedJson { get; }

    /// <summary>A proxy that implements the actor's interface.</summary>
    public static TActorInterface Create<TActorInterface>(ActorId actorId, string actorType, ActorProxyOptions? options = null)
        where TActorInterface : IActor => DefaultProxyFactory.CreateActorProxy<TActorInterface>(actorId, actorType, options);

    /// <summary>A proxy that implements the given interface of the actor.</summary>
    public static object Create(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions? options = null) =>
        DefaultProxyFactory.CreateActorProxy(actorId, actorInterfaceType, actorType, options);

    /// <summary>A weakly typed proxy.</summary>
    public static ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null) =>
        DefaultProxyFactory.Create(actorId, actorType, options);

    /// <summary>Calls a method with an argument and returns its result.</summary>
    /// <exception cref="DaprApiException">The method failed, no host of the type was found, or the sidecar refused the call.</exception>
    /// <exception cref="HttpRequestException">The sidecar cannot be reached.</exception>
    public async Task<TResponse> InvokeMethodAsync<TRequest, TResponse>(string method, TRequest data, CancellationToken cancellationToken = default)
    {
        using var response = await InvokeAsync(method, JsonSerializer.SerializeToUtf8Bytes(data, Json), cancellationToken).ConfigureAwait(false);
        return await ReadAsync<TResponse>(response, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc cref="InvokeMethodAsync{TRequest, TResponse}"/>
    public async Task InvokeMethodAsync<TRequest>(string method, TRequest data, CancellationToken cancellationToken = default)
    {
        using var response = await InvokeAsync(method, JsonSerializer.SerializeToUtf8Bytes(data, Json), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc cref="InvokeMethodAsync{TRequest, TResponse}"/>
    public async Task<TResponse> InvokeMethodAsync<TResponse>(string method, CancellationToken cancellationToken = default)
    {
        using var response = await InvokeAsync(method, null, cancellationToken).ConfigureAwait(false);
        return await ReadAsync<TResponse>(response, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc cref="InvokeMethodAsync{TRequest, TResponse}"/>
    public async Task InvokeMethodAsync(string method, CancellationToken cancellationToken = default)
    {
        using var response = await InvokeAsync(method, null, cancellationToken).ConfigureAwait(false);
    }

    internal Task<HttpResponseMessage> InvokeTypedAsync(RemotingMethod method, byte[]? body, CancellationToken cancellation) =>
        sidecar.InvokeAsync(new ActorCall(ActorType, ActorId.GetId(), method.Name, body, method), cancellation);

    private Task<HttpResponseMessage> InvokeAsync(string method, byte[]? body, CancellationToken cancellation) =>
        sidecar.InvokeAsync(new ActorCall(ActorType, ActorId.GetId(), method, body), cancellation);

    private async Task<TResponse> ReadAsync<TResponse>(HttpResponseMessage response, CancellationToken cancellation)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
        return body.Length == 0 ? default! : JsonSerializer.Deserialize<TResponse>(body, Json)!;
    }
}
