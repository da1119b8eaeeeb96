using Microsoft.AspNetCore.Http;
using MiniGrpc.Wire;

namespace MiniGrpc;

/// <summary>What a handler sees of the call it serves. Not thread-safe.</summary>
public sealed class ServerCall : IDisposable
{
    private readonly CancellationTokenSource? _deadline;
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;

    internal ServerCall(HttpContext http, TimeProvider time)
    {
        Http = http;
        if (http.Request.Headers.TryGetValue(GrpcHeaders.Timeout, out var text) && GrpcTimeout.TryParse(text.ToString(), out var timeout))
        {
            timeout = timeout < MaxTimer ? timeout : MaxTimer;
            Deadline = time.GetUtcNow() + timeout;
            _deadline = new(timeout, time);
            http.RequestAborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _deadline);
        }
    }

    private static TimeSpan MaxTimer { get; } = TimeSpan.FromDays(40);

    public HttpContext Http { get; }

    public Metadata RequestHeaders => _requestHeaders ??= ReadHeaders(Http.Request.Headers);

    /// <summary>When the client gives up; null when it said nothing.</summary>
    public DateTimeOffset? Deadline { get; }

    /// <summary>Cancelled when the client goes away or cancels, and at the deadline.</summary>
    public CancellationToken Cancellation => _deadline?.Token ?? Http.RequestAborted;

    public Metadata ResponseTrailers => _responseTrailers ??= [];

    internal Metadata? WrittenTrailers => _responseTrailers;

    internal bool DeadlinePassed => _deadline is { IsCancellationRequested: true } && !Http.RequestAborted.IsCancellationRequested;

    internal bool RequestGzip { get; set; }

    internal bool ResponseGzip { get; set; }

    /// <summary>Sends the response's headers now, before any message. They go out by themselves with the first message otherwise.</summary>
    public async Task SendHeadersAsync(Metadata headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        foreach (var (name, value) in headers)
        {
            Http.Response.Headers.Append(name, value);
        }

        await Http.Response.StartAsync(Cancellation).ConfigureAwait(false);
        await Http.Response.BodyWriter.FlushAsync(Cancellation).ConfigureAwait(false);
    }

    public void Dispose() => _deadline?.Dispose();

    private static Metadata ReadHeaders(IHeaderDictionary headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers)
        {
            if (!GrpcHeaders.IsReserved(name))
            {
                foreach (var value in values)
                {
                    metadata.AddReceived(name, value ?? "");
                }
            }
        }

        return metadata;
    }
}
