using System.Net;
using System.Net.Sockets;
using LocalDapr.Runtime.Health;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Middleware;
using MiniGrpc;

namespace LocalDapr.Runtime.Invocation;

/// <summary>
/// The way to the app of a sidecar. Every call goes through here, so that its token, its limit on concurrent calls and its
/// health count for all building blocks alike. Safe for any number of callers.
/// </summary>
internal sealed class AppChannel : IDisposable
{
    /// <summary>How often the port of an app that is not up yet is tried.</summary>
    private static readonly TimeSpan PortProbe = TimeSpan.FromMilliseconds(50);

    private readonly SidecarOptions _options;
    private readonly SemaphoreSlim? _concurrency;

    public AppChannel(SidecarOptions options, AppHealth health, int handlers = 0)
    {
        (_options, Health) = (options, health);
        IsGrpc = options.AppProtocol is "grpc" or "grpcs";
        var scheme = options.AppProtocol is "https" or "grpcs" ? "https" : "http";
        Address = new Uri($"{scheme}://{options.AppChannelAddress}:{options.AppPort ?? 1}");
        if (options.AppMaxConcurrency > 0) _concurrency = new SemaphoreSlim(options.AppMaxConcurrency);
        HttpMessageHandler way = Handler(scheme == "https");
        for (; handlers > 0; handlers--) way = new HttpMiddleware.UppercaseHandler(way);
        Http = new HttpMessageInvoker(way);
        if (IsGrpc && options.AppPort is not null) Grpc = new GrpcChannel(Address);
    }

    public AppHealth Health { get; }

    public bool Exists => _options.AppPort is not null;

    public bool IsGrpc { get; }

    public Uri Address { get; }

    /// <summary>The bare way; see <see cref="SendAsync(HttpRequestMessage, CancellationToken)"/>.</summary>
    public HttpMessageInvoker Http { get; }

    /// <summary>Null unless the app speaks gRPC. Take a turn with <see cref="EnterAsync"/> first.</summary>
    public GrpcChannel? Grpc { get; }

    /// <summary>The version of HTTP that the app speaks.</summary>
    public Version HttpVersion => _options.AppProtocol is "h2c" or "grpc" or "grpcs" ? System.Net.HttpVersion.Version20 : System.Net.HttpVersion.Version11;

    /// <summary>Waits for a free turn under app-max-concurrency; dispose the turn when the app has answered.</summary>
    public async ValueTask<Turn> EnterAsync(CancellationToken cancellation)
    {
        if (_concurrency is null) return default;
        await _concurrency.WaitAsync(cancellation);
        return new Turn(_concurrency);
    }

    /// <summary>
    /// Calls the app over HTTP and reads the whole answer. Throws <see cref="HttpRequestException"/> when there is no answer;
    /// any status is an answer.
    /// </summary>
    public async Task<AppResponse> SendAsync(
        HttpMethod verb,
        string path,
        string query,
        IEnumerable<KeyValuePair<string, string>>? headers,
        ReadOnlyMemory<byte> body,
        string? contentType,
        CancellationToken cancellation)
    {
        using var request = NewRequest(verb, path, query);
        request.Content = new ReadOnlyMemoryContent(body);
        if (contentType is { Length: > 0 }) request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        foreach (var (name, value) in headers ?? [])
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content.Headers.TryAddWithoutValidation(name, value);
        AddToken(request);
        using var turn = await EnterAsync(cancellation);
        using var response = await SendAsync(request, cancellation);
        return await ReadAsync(response, cancellation);
    }

    /// <summary>
    /// For streaming; take a turn with <see cref="EnterAsync"/> first, and add <see cref="AddToken"/>. A packed answer is unpacked unless the
    /// request says what it accepts.
    /// </summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        var asked = UnpackedContent.TryAsk(request);
        var response = await Http.SendAsync(request, cancellation);
        if (asked) UnpackedContent.Unpack(response);
        return response;
    }

    /// <summary>A request to the app; <paramref name="path"/> is in its escaped form, <paramref name="query"/> with or without '?'.</summary>
    public HttpRequestMessage NewRequest(HttpMethod verb, string path, string query)
    {
        var target = string.Concat(
            path.StartsWith('/') ? path : "/" + path,
            query.Length == 0 || query.StartsWith('?') ? query : "?" + query);
        var uri = new Uri(
            string.Concat(Address.GetLeftPart(UriPartial.Authority), target),
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        return new HttpRequestMessage(verb, uri) { Version = HttpVersion, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
    }

    /// <summary>Adds the token by which the app knows its sidecar.</summary>
    public void AddToken(HttpRequestMessage request)
    {
        if (_options.AppApiToken is not { } token) return;
        request.Headers.Remove(WellKnownHeaders.ApiToken);
        request.Headers.TryAddWithoutValidation(WellKnownHeaders.ApiToken, HeaderBytes.OfText(token));
    }

    /// <summary>The metadata of a gRPC call to the app: the token, and what the caller adds.</summary>
    public Metadata NewMetadata()
    {
        var metadata = new Metadata();
        if (_options.AppApiToken is { } token) metadata.Add(WellKnownHeaders.ApiToken, token);
        return metadata;
    }

    /// <summary>Returns once something listens on the app's port. Ends with the cancellation only: an app may take its time.</summary>
    public async Task WaitForPortAsync(CancellationToken cancellation)
    {
        while (!await AnswersAsync(cancellation)) await Task.Delay(PortProbe, cancellation);
    }

    public void Dispose()
    {
        Http.Dispose();
        Grpc?.Dispose();
        _concurrency?.Dispose();
    }

    private static async Task<AppResponse> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellation);
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var (name, values) in response.Headers.NonValidated)
            foreach (var value in values)
                headers.Add(new(name, value));
        foreach (var (name, values) in response.Content.Headers.NonValidated)
            foreach (var value in values)
                headers.Add(new(name, value));
        return new AppResponse((int)response.StatusCode, body, response.Content.Headers.ContentType?.ToString()) { Headers = headers };
    }

    // An app is a neighbour on this machine: no proxy, no cookies, no redirects, and answers pass as they are.
    private static SocketsHttpHandler Handler(bool secure) => new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        ConnectCallback = TcpConnect.OpenAsync,
        EnableMultipleHttp2Connections = true,
        ConnectTimeout = TimeSpan.FromSeconds(5),
#pragma warning disable CA5359 // As daprd: the app is this machine's own, and its certificate a developer's.
        SslOptions = secure ? new() { RemoteCertificateValidationCallback = static (_, _, _, _) => true } : new(),
#pragma warning restore CA5359
    }.KeepHeaderBytes();

    private async Task<bool> AnswersAsync(CancellationToken cancellation)
    {
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(_options.AppChannelAddress, _options.AppPort!.Value, cancellation);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>One call's place under the limit.</summary>
    internal readonly struct Turn(SemaphoreSlim? limit) : IDisposable
    {
        public void Dispose() => limit?.Release();
    }
}
