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
    // Details of errors travel as metadata. Beyond this HttpClient closes the connection.
    private const int MaxMetadataKilobytes = 512;

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

    public Task<TResponse> UnaryAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, CallOptions options = default)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        UnaryAsync(method, request, options, static (message, _) => message);

    /// <summary>A unary call whose headers and trailers matter too.</summary>
    public Task<UnaryAnswer<TResponse>> UnaryWithMetadataAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, CallOptions options = default)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        UnaryAsync(method, request, options, static (message, response) => new UnaryAnswer<TResponse>(
            message, ResponseStatus.ToMetadata(response.Headers), ResponseStatus.ToMetadata(response.TrailingHeaders)));

    public ServerStreamingCall<TResponse> ServerStreaming<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, CallOptions options = default)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var content = new SingleMessageContent<TRequest>(request, options.Gzip, Options.MaxSendMessageBytes);
        return new(new ResponseStream<TResponse>(this, method.ResponseParser, new(method.Path, content, options)));
    }

    public ClientStreamingCall<TRequest, TResponse> ClientStreaming<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, CallOptions options = default)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var content = new StreamContent<TRequest>(options.Gzip, Options.MaxSendMessageBytes);
        return new(content, new ResponseStream<TResponse>(this, method.ResponseParser, new(method.Path, content, options, content.Abort)));
    }

    public DuplexCall<TRequest, TResponse> Duplex<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, CallOptions options = default)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var content = new StreamContent<TRequest>(options.Gzip, Options.MaxSendMessageBytes);
        return new(content, new ResponseStream<TResponse>(this, method.ResponseParser, new(method.Path, content, options, content.Abort)));
    }

    public void Dispose() => _http.Dispose();

    /// <summary>
    /// Sends the request and returns once the response's headers are here and say that it is gRPC and has not failed yet.
    /// </summary>
    internal async Task<HttpResponseMessage> SendAsync(
        string path, HttpContent content, CallOptions options, CancellationToken cancellation)
    {
        var response = await _http.SendAsync(NewRequest(path, content, options), cancellation).ConfigureAwait(false);
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

    // One state machine for the whole of the commonest call.
    private async Task<TResult> UnaryAsync<TRequest, TResponse, TResult>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, CallOptions options, Func<TResponse, HttpResponseMessage, TResult> result)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        using var scope = new CallScope(options, Options.TimeProvider, alwaysCancellable: false);
        try
        {
            using var content = new SingleMessageContent<TRequest>(request, options.Gzip, Options.MaxSendMessageBytes);
            using var response = await _http.SendAsync(NewRequest(method.Path, content, options), scope.Token).ConfigureAwait(false);
            ResponseStatus.ThrowIfNotGrpc(response);
            var message = await UnaryResponse.ReadAsync(response, method.ResponseParser, Options.MaxReceiveMessageBytes, scope.Token)
                .ConfigureAwait(false);
            return result(message, response);
        }
        catch (Exception e) when (CallErrors.IsTransport(e))
        {
            throw scope.Translate(e);
        }
    }

    private HttpRequestMessage NewRequest(string path, HttpContent content, CallOptions options)
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
        return request;
    }

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
        ConnectCallback = TcpConnect.OpenAsync,
        // Bytes of metadata that are no ASCII, as others may send them, are passed on as they came.
        RequestHeaderEncodingSelector = static (_, _) => System.Text.Encoding.Latin1,
        ResponseHeaderEncodingSelector = static (_, _) => System.Text.Encoding.Latin1,
#pragma warning disable CA2262 // kilobytes are meant
        MaxResponseHeadersLength = MaxMetadataKilobytes,
#pragma warning restore CA2262
        KeepAlivePingDelay = options.KeepAlivePingDelay,
        KeepAlivePingTimeout = options.KeepAlivePingTimeout,
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
    };
}
