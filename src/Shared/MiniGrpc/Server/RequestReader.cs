using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using MiniGrpc.Framing;

namespace MiniGrpc.Server;

internal sealed class RequestReader<T>(PipeReader body, MessageParser<T> parser, int maxBytes, ServerCall call) : IGrpcReader<T>
    where T : class, IMessage<T>
{
    private readonly FrameReader<T> _frames = new(body, parser, call.RequestGzip, maxBytes);

    public bool TryRead([NotNullWhen(true)] out T? message)
    {
        try
        {
            return _frames.TryRead(out message);
        }
        catch (IOException e) when (IsGone(e))
        {
            throw Gone(e);
        }
    }

    public ValueTask<(bool More, T? Message)> ReadAsync(CancellationToken cancellation = default)
    {
        try
        {
            if (TryRead(out var message))
            {
                return new((true, message));
            }
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            return ValueTask.FromException<(bool, T?)>(e);
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
        try
        {
            var next = await _frames.ReadAsync(cancellation).ConfigureAwait(false);
            if (!next.More)
            {
                _frames.ThrowIfTruncated();
            }

            return next;
        }
        catch (IOException e) when (IsGone(e))
        {
            throw Gone(e);
        }
    }

    // The client's reset may be seen here before the request's token is cancelled: to a handler it is the same.
    private static bool IsGone(IOException failure) => failure is not BadHttpRequestException;

    private static OperationCanceledException Gone(IOException reset) => new("The client is gone.", reset);

    private async ValueTask<(bool More, T? Message)> WaitUntilDeadlineAsync(CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, call.Cancellation);
        return await WaitAsync(either.Token).ConfigureAwait(false);
    }
}
