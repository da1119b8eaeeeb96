using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text.Json;

namespace Dapr.Actors.Wire;

/// <summary>One call of a method. Typed calls carry the header that tells the host to read and write bodies as <see cref="TypedBody"/> does.</summary>
internal readonly record struct ActorCall(string Type, string Id, string Method, byte[]? Body, RemotingMethod? Typed = null);

/// <summary>
/// The sidecar's actor routes. Thread-safe. All instances share one pool of kept-alive connections, so making one per proxy is free.
/// </summary>
internal sealed class SidecarActors(string endpoint, string? token, TimeSpan? timeout = null, HttpMessageInvoker? invoker = null)
{
    public const string TypedHeader = "X-DaprRequestHeader";
    public const string ErrorHeader = "X-DaprErrorResponseHeader";
    public const string ReentrancyHeader = "Dapr-Reentrancy-Id";

    private static readonly HttpMessageInvoker shared = new(new SocketsHttpHandler
    {
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
        UseCookies = false,
        UseProxy = false,
        ConnectCallback = MiniGrpc.TcpConnect.OpenAsync,
        ActivityHeadersPropagator = System.Diagnostics.DistributedContextPropagator.CreateDefaultPropagator(),
    });

    private static readonly MediaTypeHeaderValue jsonType = new("application/json");
    private static readonly TimeSpan defaultTimeout = TimeSpan.FromSeconds(100);
    private readonly string root = endpoint.TrimEnd('/') + "/v1.0/actors/";
    private readonly HttpMessageInvoker invoker = invoker ?? shared;
    private readonly TimeSpan timeout = timeout ?? defaultTimeout;

    public async Task<HttpResponseMessage> InvokeAsync(ActorCall call, CancellationToken cancellation)
    {
        using var request = Request(HttpMethod.Put, $"{Path(call.Type, call.Id)}/method/{call.Method}", call.Body);
        if (call.Typed is { } method) request.Headers.TryAddWithoutValidation(TypedHeader, Remoting.Header(call.Type, call.Id, method));
        if (Reentrancy.Current is { } chain) request.Headers.TryAddWithoutValidation(ReentrancyHeader, chain);
        var response = await SendAsync(request, cancellation).ConfigureAwait(false);
        if (call.Typed is not null && response.Headers.TryGetValues(ErrorHeader, out var failure))
            await ThrowActorErrorAsync(response, failure.First(), cancellation).ConfigureAwait(false);
        return response;
    }

    /// <summary>Bytes of the key's value, or null when there is none; and when it expires.</summary>
    public async Task<(byte[]? Value, DateTimeOffset? Expires)> GetStateAsync(string type, string id, string key, CancellationToken cancellation)
    {
        using var request = Request(HttpMethod.Get, $"{Path(type, id)}/state/{Uri.EscapeDataString(key)}", null);
        using var response = await SendAsync(request, cancellation).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NoContent) return default;
        var value = await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
        if (value.Length == 0) return default;
        return response.Headers.TryGetValues("metadata.ttlExpireTime", out var times) && DateTimeOffset.TryParse(times.First(), out var expires)
            ? (value, expires)
            : (value, null);
    }

    public Task SaveStateAsync(string type, string id, ReadOnlyMemory<byte> operations, CancellationToken cancellation) =>
        SendOnlyAsync(HttpMethod.Put, $"{Path(type, id)}/state", operations, cancellation);

    public Task PutAsync(ActorPart part, byte[] body, CancellationToken cancellation = default) =>
        SendOnlyAsync(HttpMethod.Put, Path(part), body, cancellation);

    public Task DeleteAsync(ActorPart part, CancellationToken cancellation = default) =>
        SendOnlyAsync(HttpMethod.Delete, Path(part), null, cancellation);

    public async Task<byte[]?> GetAsync(ActorPart part, CancellationToken cancellation = default)
    {
        using var request = Request(HttpMethod.Get, Path(part), null);
        using var response = await SendAsync(request, cancellation, missingIsFine: true).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.OK) return null;
        return await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
    }

    private string Path(string type, string id) => $"{root}{type}/{Uri.EscapeDataString(id)}";

    private string Path(ActorPart part) => $"{Path(part.Type, part.Id)}/{part.Kind}/{Uri.EscapeDataString(part.Name)}";

    private HttpRequestMessage Request(HttpMethod verb, string uri, ReadOnlyMemory<byte>? body)
    {
        var request = new HttpRequestMessage(verb, uri);
        if (body is { } bytes)
        {
            request.Content = new ReadOnlyMemoryContent(bytes);
            request.Content.Headers.ContentType = jsonType;
        }

        if (token is not null) request.Headers.TryAddWithoutValidation("dapr-api-token", token);
        return request;
    }

    private async Task SendOnlyAsync(HttpMethod verb, string uri, ReadOnlyMemory<byte>? body, CancellationToken cancellation)
    {
        using var request = Request(verb, uri, body);
        using var response = await SendAsync(request, cancellation).ConfigureAwait(false);
    }

    // Fails as HttpClient does, which the official SDK sends with; only what the sidecar says of itself is an exception of Dapr.
    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation, bool missingIsFine = false)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        HttpResponseMessage response;
        try
        {
            response = await invoker.SendAsync(request, limit.Token).ConfigureAwait(false);
            await response.Content.LoadIntoBufferAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TaskCanceledException($"The sidecar did not answer within {timeout}.", new TimeoutException());
        }

        if (response.IsSuccessStatusCode || (missingIsFine && response.StatusCode == HttpStatusCode.NotFound)) return response;
        using (response) throw await ErrorOfAsync(response, cancellation).ConfigureAwait(false);
    }

    private static async Task<Exception> ErrorOfAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            return new AuthenticationException("The sidecar does not take the token of its API.");
        var body = await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
        var (code, message) = ReadError(body);
        return new DaprApiException(message ?? $"The sidecar answered {(int)response.StatusCode}.", code, isTransient: false);
    }

    private static (string? Code, string? Message) ReadError(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return default;
            return (root.TryGetProperty("errorCode"u8, out var code) ? code.GetString() : null,
                root.TryGetProperty("message"u8, out var message) ? message.GetString() : null);
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static async Task ThrowActorErrorAsync(HttpResponseMessage response, string header, CancellationToken cancellation)
    {
        using (response)
        {
            var body = await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
            var inner = ContractBody.ReadFailure(body);
            var details = Remoting.FailureIn(header) ?? inner.Message;
            throw new ActorMethodInvocationException($"Remote Actor Method Exception,  DETAILS: {details}", inner, isTransient: false);
        }
    }
}

/// <summary>A reminder or timer of an actor; <c>Kind</c> is the route's word, <c>reminders</c> or <c>timers</c>.</summary>
internal readonly record struct ActorPart(string Type, string Id, string Kind, string Name);

/// <summary>The reentrancy id of the turn that the current code runs in; calls made from the turn carry it on.</summary>
internal static class Reentrancy
{
    private static readonly AsyncLocal<string?> current = new();

    public static string? Current
    {
        get => current.Value;
        set => current.Value = value;
    }
}
