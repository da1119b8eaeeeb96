using Microsoft.AspNetCore.Http;
using MiniGrpc.Wire;

namespace MiniGrpc;

/// <summary>What a handler sees of the call it serves. Not thread-safe.</summary>
public sealed class ServerCall : IDisposable
{
    private CancellationTokenSource? _end;
    private CancellationTokenRegistration _abort;
    private CancellationTokenRegistration _stop;
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;

    internal ServerCall(HttpContext http) => Http = http;

    public HttpContext Http { get; }

    public Metadata RequestHeaders => _requestHeaders ??= ReadHeaders(Http.Request.Headers);

    /// <summary>When the client gives up; null when it said nothing.</summary>
    public DateTimeOffset? Deadline { get; private set; }

    /// <summary>Cancelled when the client goes away or cancels, at the deadline, and when the server stops.</summary>
    public CancellationToken Cancellation => _end?.Token ?? Http.RequestAborted;

    /// <summary>Sent after the last message, whatever the status.</summary>
    public Metadata ResponseTrailers => _responseTrailers ??= [];

    internal Metadata? WrittenTrailers => _responseTrailers;

    internal bool DeadlinePassed =>
        Deadline is not null && _end is { IsCancellationRequested: true } && !Http.RequestAborted.IsCancellationRequested;

    internal bool RequestGzip { get; set; }

    internal bool ResponseGzip { get; set; }

    /// <summary>Sends the response's headers now, before any message. They go out by themselves with the first message otherwise.</summary>
    public async Task SendHeadersAsync(Metadata headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        GrpcHeaders.Append(Http.Response.Headers, headers);
        await Http.Response.StartAsync(Cancellation).ConfigureAwait(false);
        await Http.Response.BodyWriter.FlushAsync(Cancellation).ConfigureAwait(false);
    }

    public void Dispose()
    {
        // In this order: the connection may be aborted at any moment, and must not find a disposed source.
        _abort.Dispose();
        _stop.Dispose();
        _end?.Dispose();
    }

    /// <summary>
    /// Starts the clock of grpc-timeout, and watches for the server's stop. A timeout that cannot be read is refused: the client counts on
    /// being answered in time.
    /// </summary>
    internal void Start(TimeProvider time, CancellationToken stopping)
    {
        if (Http.Request.Headers.TryGetValue(GrpcHeaders.Timeout, out var text))
        {
            if (!GrpcTimeout.TryParse(text.ToString(), out var timeout))
            {
                throw new RpcException(StatusCode.Internal, $"'{text}' is no grpc-timeout.");
            }

            timeout = GrpcTimeout.Clamp(timeout);
            Deadline = time.GetUtcNow() + timeout;
            _end = new(timeout, time);
        }
        else if (stopping.CanBeCanceled)
        {
            _end = new();
        }
        else
        {
            return;
        }

        _abort = Http.RequestAborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _end);
        _stop = stopping.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _end);
    }

    /// <summary>
    /// Whether waiting with this token alone ends when the call does. The end of the connection wakes every wait by itself, the deadline
    /// only those that know its token. (So does the server's stop: a wait that misses it ends with the connection, a little later.)
    /// </summary>
    internal bool EndsWith(CancellationToken own) => Deadline is null || !own.CanBeCanceled || own == _end!.Token;

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
