using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using MiniGrpc.Framing;

namespace MiniGrpc.Server;

internal sealed class RequestReader<T>(PipeReader body, MessageParser<T> parser, int maxBytes, ServerCall call) : IGrpcReader<T>
    where T : class, IMessage<T>
{
    private readonly FrameReader<T> _frames = new(body, parser, call.RequestGzip, maxBytes);

    public bool TryRead([NotNullWhen(true)] out T? message) => _frames.TryRead(out message);

    public ValueTask<(bool More, T? Message)> ReadAsync(CancellationToken cancellation = default)
    {
        if (_frames.TryRead(out var message))
        {
            return new((true, message));
        }

        return call.EndsWith(cancellation)
            ? WaitAsync(cancellation.CanBeCanceled ? cancellation : call.Cancellation)
            : WaitUntilDeadlineAsync(cancellation);
    }

    public async IAsyncEnumerable<T> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        while (await ReadAsync(cancellation).ConfigureAwait(false) is (true, { } message))
        {
            yield return message;
        }
    }

    /// <summary>
    /// The one message of a call that has one. Reads to the end, so that the answer cannot overtake the end of the request.
    /// </summary>
    public async ValueTask<T> ReadSingleAsync()
    {
        var (more, message) = await ReadAsync().ConfigureAwait(false);
        if (!more || (await ReadAsync().ConfigureAwait(false)).More)
        {
            throw new RpcException(StatusCode.Internal, "The method takes exactly one message.");
        }

        return message!;
    }

    private async ValueTask<(bool More, T? Message)> WaitAsync(CancellationToken cancellation)
    {
        var next = await _frames.ReadAsync(cancellation).ConfigureAwait(false);
        if (!next.More)
        {
            _frames.ThrowIfTruncated();
        }

        return next;
    }

    private async ValueTask<(bool More, T? Message)> WaitUntilDeadlineAsync(CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, call.Cancellation);
        return await WaitAsync(either.Token).ConfigureAwait(false);
    }
}
