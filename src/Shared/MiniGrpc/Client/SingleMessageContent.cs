using System.Net;
using Google.Protobuf;
using MiniGrpc.Framing;

namespace MiniGrpc.Client;

/// <summary>The body of a call with one request message.</summary>
internal sealed class SingleMessageContent<T>(T message, bool gzip, int maxBytes) : HttpContent
    where T : class, IMessage<T>
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        using var buffer = new PooledBuffer(Frame.HeaderBytes + message.CalculateSize());
        Frame.Write(buffer, message, gzip, maxBytes);
        await stream.WriteAsync(buffer.Written, cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
