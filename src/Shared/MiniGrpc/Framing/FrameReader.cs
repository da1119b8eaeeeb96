using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Google.Protobuf;

namespace MiniGrpc.Framing;

/// <summary>
/// Messages from a pipe, one reader at a time. What one pipe read brought is held until all its messages are taken, so a burst of
/// messages costs one pipe round, and nothing more is asked of the sender meanwhile.
/// </summary>
internal sealed class FrameReader<T>(PipeReader pipe, MessageParser<T> parser, bool gzip, int maxBytes)
    where T : class, IMessage<T>
{
    private ReadOnlySequence<byte> _held;
    private bool _holding;
    private bool _completed;

    /// <summary>Takes a message that has arrived already; false says nothing about the end of the stream.</summary>
    public bool TryRead([NotNullWhen(true)] out T? message)
    {
        while (true)
        {
            if (_holding && Frame.TryRead(ref _held, parser, gzip, maxBytes, out message))
            {
                return true;
            }

            message = null;
            if (_completed)
            {
                return false;
            }

            Release();
            if (!pipe.TryRead(out var result))
            {
                return false;
            }

            Hold(result);
        }
    }

    public ValueTask<(bool More, T? Message)> ReadAsync(CancellationToken cancellation) =>
        _holding && Frame.TryRead(ref _held, parser, gzip, maxBytes, out var message)
            ? new((true, message))
            : ReadFromPipeAsync(cancellation);

    private async ValueTask<(bool More, T? Message)> ReadFromPipeAsync(CancellationToken cancellation)
    {
        while (!_completed)
        {
            Release();
            Hold(await pipe.ReadAsync(cancellation).ConfigureAwait(false));
            if (Frame.TryRead(ref _held, parser, gzip, maxBytes, out var message))
            {
                return (true, message);
            }
        }

        return (false, null);
    }

    /// <summary>To be asked at the end of the stream.</summary>
    public void ThrowIfTruncated()
    {
        if (_held.Length > 0)
        {
            throw new RpcException(StatusCode.Internal, "The stream ended within a message.");
        }
    }

    private void Hold(ReadResult result)
    {
        _held = result.Buffer;
        _holding = true;
        _completed = result.IsCompleted;
    }

    private void Release()
    {
        if (_holding)
        {
            _holding = false;
            pipe.AdvanceTo(_held.Start, _held.End);
        }
    }
}
