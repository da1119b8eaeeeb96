namespace LocalDapr.Runtime.Invocation;

/// <summary>One call of an app's method, on its way.</summary>
internal sealed record InvocationCall(string AppId, HttpMethod Verb, string Path, string Query)
{
    public List<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The body, when it is whole; then the call may be repeated.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <summary>The body, when it is still arriving. Whoever has read the call disposes of it, when the answer has been passed on.</summary>
    public Stream? Streamed { get; init; }

    public string? ContentType { get; init; }

    /// <summary>Of which protobuf message the body is, as the caller's <c>Any</c> says; empty when it does not.</summary>
    public string TypeUrl { get; init; } = "";

    /// <summary>Whose call it is, as a sidecar vouches for it; null when none does. Headers tell the app, and prove nothing.</summary>
    public Caller? Caller { get; init; }

    /// <summary>What an HTTP app is told of the body.</summary>
    public string? HttpContentType => TypeUrl.Length > 0 ? WellKnownHeaders.Protobuf : ContentType;

    public bool IsRepeatable => Streamed is null;

    public HttpContent? NewContent() => Body is { } body
        ? new ReadOnlyMemoryContent(body)
        : Streamed is null ? null : new StreamContent(Streamed);
}

/// <summary>An app as the caller of another.</summary>
internal sealed record Caller(string AppId, string Namespace);

/// <summary>The answer of an app, with what must be given back when it has been passed on.</summary>
internal sealed class InvocationAnswer(HttpResponseMessage response, AppChannel.Turn turn) : IDisposable
{
    public HttpResponseMessage Response => response;

    /// <summary>The status of a gRPC app, when the answer came from one.</summary>
    public MiniGrpc.RpcException? GrpcFailure { get; init; }

    /// <summary>Of which protobuf message the body is, as the <c>Any</c> of a gRPC app says; empty when it does not.</summary>
    public string TypeUrl { get; init; } = "";

    public void Dispose()
    {
        response.Dispose();
        turn.Dispose();
    }
}
