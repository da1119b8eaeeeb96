using System.Buffers;
using Google.Protobuf;
using MiniGrpc.Framing;

namespace MiniGrpc.Client;

internal static class UnaryResponse
{
    private const int InitialBytes = 1024;

    /// <summary>The one message of an answer that ended well. Reads to the end, for the status follows the body.</summary>
    public static async ValueTask<T> ReadAsync<T>(
        HttpResponseMessage response, MessageParser<T> parser, int maxBytes, CancellationToken cancellation)
        where T : class, IMessage<T>
    {
        var gzip = ResponseStatus.IsGzip(response);
        // Hands the connection's stream over; there is nothing to wait for.
        var stream = response.Content.ReadAsStream(cancellation);
        using var buffer = new PooledBuffer(InitialBytes);
        T? message = null;
        while (true)
        {
            var read = await stream.ReadAsync(buffer.GetMemory(InitialBytes), cancellation).ConfigureAwait(false);
            if (read == 0)
            {
                break;
            }

            buffer.Advance(read);
            if (message is not null)
            {
                throw new RpcException(StatusCode.Internal, "The server answered a unary call with more than one message.");
            }

            message = TakeMessage(buffer, parser, gzip, maxBytes);
        }

        // The server's own word for what went wrong comes before ours.
        ResponseStatus.ThrowIfFailed(response);
        return message ?? throw new RpcException(
            StatusCode.Internal, buffer.Length > 0 ? "The response ended within a message." : "The server answered OK without a message.");
    }

    private static T? TakeMessage<T>(PooledBuffer buffer, MessageParser<T> parser, bool gzip, int maxBytes)
        where T : class, IMessage<T>
    {
        var input = new ReadOnlySequence<byte>(buffer.Written);
        if (!Frame.TryRead(ref input, parser, gzip, maxBytes, out var message))
        {
            return null;
        }

        return input.IsEmpty
            ? message
            : throw new RpcException(StatusCode.Internal, "The server answered a unary call with more than one message.");
    }
}
