using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf;
using MiniGrpc.Client;
using MiniGrpc.Wire;

namespace MiniGrpc;

/// <summary>
/// Connections to one address (http = h2c with prior knowledge, https = TLS), opened when first needed and shared by all calls.
/// Thread-safe. A call throws <see cref="RpcException"/> for any status but OK, and <see cref="OperationCanceledException"/> when its
/// own token was cancelled.
/// </summary>
public sealed class GrpcChannel : IDisposable
{
    private readonly HttpMessageInvoker _http;
    private readonly ConcurrentDictionary<string, Uri> _uris = new(StringComparer.Ordinal);

    public GrpcChannel(Uri address, GrpcChannelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException($"The address must be http or https: '{address}'.", nameof(address));
        }

        Address = address;
        Options = options ?? new();
        _http = Options.Handler is { } given ? new(given, disposeHandler: false) : new(CreateHandler(Options), disposeHandler: true);
    }

    public Uri Address { get; }

    internal GrpcChannelOptions Options { get; }

    public async Task<TResponse> UnaryAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, CallOptions options = default)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        using var scope = new CallScope(options, Options.TimeProvider, alwaysCancellable: false);
        try
        {
            using var response = await SendOneAsync(method.Path, request, options, scope.Token).ConfigureAwait(false);
            return await ReadOneAsync(response, method.ResponseParser, scope.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (CallErrors.IsTransport(e))
        {
            throw scope.Translate(e);
        }
    }

    /// <summary>A unary call whose headers and trailers matter too.</summary>
    public async Task<UnaryAnswer<TResponse>> UnaryWithMetadataAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, CallOptions options = default)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        using var scope = new CallScope(options, Options.TimeProvider, alwaysCancellable: false);
        try
        {
            using var response = await SendOneAsync(method.Path, request, options, scope.Token).ConfigureAwait(false);
            var message = await ReadOneAsync(response, method.ResponseParser, scope.Token).ConfigureAwait(false);
            return new(message, ResponseStatus.ToMetadata(response.Headers), ResponseStatus.ToMetadata(response.TrailingHeaders));
        }
        catch (Exception e) when (CallErrors.IsTransport(e))
        {
            throw scope.Translate(e);
        }
    }

    public ServerStreamingCall<TResponse> ServerStreaming<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, CallOptions options = default)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var content = new SingleMessageContent<TRequest>(request, options.Gzip, Options.MaxSendMessageBytes);
        return new(new ResponseStream<TResponse>(this, method.Path, method.ResponseParser, content, options));
    }

    public ClientStreamingCall<TRequest, TResponse> ClientStreaming<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, CallOptions options = default)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var content = new StreamContent<TRequest>(options.Gzip, Options.MaxSendMessageBytes);
        return new(content, new ResponseStream<TResponse>(this, method.Path, method.ResponseParser, content, options, content.Abort));
    }

    public DuplexCall<TRequest, TResponse> Duplex<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, CallOptions options = default)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var content = new StreamContent<TRequest>(options.Gzip, Options.MaxSendMessageBytes);
        return new(content, new ResponseStream<TResponse>(this, method.Path, method.ResponseParser, content, options, content.Abort));
    }

    public void Dispose() => _http.Dispose();

    /// <summary>
    /// Sends the request and returns once the response's headers are here and say that it is gRPC and has not failed yet.
    /// </summary>
    internal async Task<HttpResponseMessage> SendAsync(
        string path, HttpContent content, CallOptions options, CancellationToken cancellation)
    {
        var uri = _uris.TryGetValue(path, out var known) ? known : _uris.GetOrAdd(path, new Uri(Address, path));
        var request = new HttpRequestMessage(HttpMethod.Post, uri)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        content.Headers.TryAddWithoutValidation("content-type", GrpcHeaders.ContentType);
        var headers = request.Headers;
        headers.TryAddWithoutValidation("te", "trailers");
        headers.TryAddWithoutValidation(GrpcHeaders.AcceptEncoding, GrpcHeaders.Accepted);
        if (options.Gzip)
        {
            headers.TryAddWithoutValidation(GrpcHeaders.Encoding, GrpcHeaders.Gzip);
        }

        if (options.Timeout is { } timeout)
        {
            headers.TryAddWithoutValidation(GrpcHeaders.Timeout, GrpcTimeout.Format(timeout));
        }

        Add(headers, Options.Headers);
        Add(headers, options.Headers);

        var response = await _http.SendAsync(request, cancellation).ConfigureAwait(false);
        try
        {
            ResponseStatus.ThrowIfNotGrpc(response);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private async Task<HttpResponseMessage> SendOneAsync<T>(string path, T message, CallOptions options, CancellationToken cancellation)
        where T : class, IMessage<T>
    {
        using var content = new SingleMessageContent<T>(message, options.Gzip, Options.MaxSendMessageBytes);
        return await SendAsync(path, content, options, cancellation).ConfigureAwait(false);
    }

    private ValueTask<T> ReadOneAsync<T>(HttpResponseMessage response, MessageParser<T> parser, CancellationToken cancellation)
        where T : class, IMessage<T> =>
        UnaryResponse.ReadAsync(response, parser, Options.MaxReceiveMessageBytes, cancellation);

    private static void Add(System.Net.Http.Headers.HttpRequestHeaders headers, Metadata? metadata)
    {
        if (metadata is null)
        {
            return;
        }

        foreach (var (name, value) in metadata)
        {
            if (!GrpcHeaders.IsReserved(name))
            {
                headers.TryAddWithoutValidation(name, value);
            }
        }
    }

    private static SocketsHttpHandler CreateHandler(GrpcChannelOptions options) => new()
    {
        SslOptions = options.Tls ?? new(),
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        EnableMultipleHttp2Connections = true,
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        ConnectTimeout = options.ConnectTimeout,
        KeepAlivePingDelay = options.KeepAlivePingDelay,
        KeepAlivePingTimeout = options.KeepAlivePingTimeout,
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
    };
}
