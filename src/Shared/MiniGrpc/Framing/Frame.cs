using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;

namespace MiniGrpc.Framing;

/// <summary>The length-prefixed message: a flag (1 = compressed), four bytes of length, the message.</summary>
internal static class Frame
{
    public const int HeaderBytes = 5;

    /// <summary>Appends one frame. Throws RESOURCE_EXHAUSTED, and appends nothing, if the message is longer than allowed.</summary>
    public static void Write<T>(IBufferWriter<byte> output, T message, bool gzip, int maxBytes)
        where T : class, IMessage<T>
    {
        var size = message.CalculateSize();
        if (size > maxBytes)
        {
            throw new RpcException(StatusCode.ResourceExhausted, $"The message to send has {size} bytes; the limit is {maxBytes}.");
        }

        // GZipStream makes nothing at all of nothing, which other implementations refuse to unpack.
        if (gzip && size > 0)
        {
            WriteCompressed(output, message, size);
            return;
        }

        var span = output.GetSpan(HeaderBytes + size);
        WriteHeader(span, compressed: false, size);
        message.WriteTo(span.Slice(HeaderBytes, size));
        output.Advance(HeaderBytes + size);
    }

    /// <summary>
    /// Takes one message off the front. False when it is not all there yet; the length is checked before waiting for the rest, so a
    /// hostile length never makes the buffer grow.
    /// </summary>
    public static bool TryRead<T>(
        ref ReadOnlySequence<byte> input, MessageParser<T> parser, bool gzip, int maxBytes, [NotNullWhen(true)] out T? message)
        where T : class, IMessage<T>
    {
        message = null;
        if (!TryReadHeader(input, maxBytes, out var flag, out var length) || input.Length < HeaderBytes + length)
        {
            return false;
        }

        var body = input.Slice(HeaderBytes, length);
        message = flag switch
        {
            0 => Parse(parser, body),
            1 when gzip => ParseCompressed(parser, body, maxBytes),
            _ => throw new RpcException(StatusCode.Internal, "A compressed message came without an agreed grpc-encoding."),
        };
        input = input.Slice(body.End);
        return true;
    }

    private static bool TryReadHeader(in ReadOnlySequence<byte> input, int maxBytes, out byte flag, out int length)
    {
        (flag, length) = (0, 0);
        var header = input.FirstSpan;
        if (header.Length < HeaderBytes)
        {
            if (input.Length < HeaderBytes)
            {
                return false;
            }

            header = input.Slice(0, HeaderBytes).ToArray();
        }

        var announced = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (announced > maxBytes)
        {
            throw new RpcException(StatusCode.ResourceExhausted, $"The received message has {announced} bytes; the limit is {maxBytes}.");
        }

        (flag, length) = (header[0], (int)announced);
        return true;
    }

    private static T Parse<T>(MessageParser<T> parser, in ReadOnlySequence<byte> body)
        where T : class, IMessage<T>
    {
        try
        {
            return body.IsSingleSegment ? parser.ParseFrom(body.FirstSpan) : parser.ParseFrom(body);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new RpcException(StatusCode.Internal, $"The received message cannot be read: {e.Message}", inner: e);
        }
    }

    private static T ParseCompressed<T>(MessageParser<T> parser, in ReadOnlySequence<byte> body, int maxBytes)
        where T : class, IMessage<T>
    {
        using var plain = new PooledBuffer((int)Math.Clamp(body.Length * 4, 256, 64 * 1024));
        Gzip.Unpack(body, plain, maxBytes);
        return Parse(parser, new ReadOnlySequence<byte>(plain.Written));
    }

    private static void WriteCompressed<T>(IBufferWriter<byte> output, T message, int size)
        where T : class, IMessage<T>
    {
        using var plain = new PooledBuffer(size);
        message.WriteTo(plain.GetSpan(size)[..size]);
        plain.Advance(size);
        using var packed = new PooledBuffer(Math.Max(size / 2, 64));
        Gzip.Pack(plain.Written.Span, packed);

        // What packing made longer could even exceed the receiver's limit: such a message travels plain, which its flag says.
        var shorter = packed.Length < size ? packed : plain;
        var span = output.GetSpan(HeaderBytes + shorter.Length);
        WriteHeader(span, compressed: shorter == packed, shorter.Length);
        shorter.Written.Span.CopyTo(span[HeaderBytes..]);
        output.Advance(HeaderBytes + shorter.Length);
    }

    private static void WriteHeader(Span<byte> span, bool compressed, int length)
    {
        span[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(span[1..], (uint)length);
    }
}
