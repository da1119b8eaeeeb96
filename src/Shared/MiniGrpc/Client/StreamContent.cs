using System.Net;
using Google.Protobuf;
using MiniGrpc.Framing;

namespace MiniGrpc.Client;

/// <summary>The body of a call with many request messages: open until completed or aborted, written by one writer at a time.</summary>
internal sealed class StreamContent<T>(bool gzip, int maxBytes) : HttpContent
    where T : class, IMessage<T>
{
    // Unflushed messages gather up to here; beyond, they are handed on, which waits for the receiver's window.
    private const int GatherBytes = 32 * 1024;

    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PooledBuffer _buffer = new(4096);

    public async ValueTask WriteAsync(T message, bool flush, CancellationToken cancellation)
    {
        if (_finished.Task.IsCompleted)
        {
            throw _finished.Task.IsCompletedSuccessfully
                ? new InvalidOperationException("This side of the call has been completed.")
                : new IOException("The call is over.");
        }

        Frame.Write(_buffer, message, gzip, maxBytes);
        if (flush || _buffer.Length >= GatherBytes)
        {
            await SendAsync(flush, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Sends what is gathered and ends the request.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellation)
    {
        if (_buffer.Length > 0)
        {
            await SendAsync(flush: false, cancellation).ConfigureAwait(false);
        }

        _buffer.Dispose();
        _finished.TrySetResult();
    }

    /// <summary>The call is over: writers waiting for the connection, and the request itself, end with this reason.</summary>
    public void Abort(Exception reason)
    {
        if (_opened.TrySetException(reason))
        {
            _ = _opened.Task.Exception;
        }

        _finished.TrySetCanceled();
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (_opened.Task.IsCompleted)
        {
            // HttpClient sends a request again that the server has not taken, but what was written to it is gone.
            throw new IOException("The connection closed as the call began.");
        }

        try
        {
            // The headers must leave now: the server may speak first.
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            _opened.TrySetResult(stream);
            await _finished.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Also when the server has answered already and reads no more: whoever waits to write must hear of it.
            Abort(e);
            throw;
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private async ValueTask SendAsync(bool flush, CancellationToken cancellation)
    {
        var stream = _opened.Task.IsCompletedSuccessfully
            ? _opened.Task.Result
            : await _opened.Task.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await stream.WriteAsync(_buffer.Written, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            // How much has left is not known, so nothing may follow.
            Abort(e);
            throw;
        }

        _buffer.Clear();
        if (flush)
        {
            await stream.FlushAsync(cancellation).ConfigureAwait(false);
        }
    }
}
