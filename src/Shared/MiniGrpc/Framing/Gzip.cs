using System.Buffers;
using System.IO.Compression;

namespace MiniGrpc.Framing;

/// <summary>The one compression that both sides know, on pooled buffers at both ends.</summary>
internal static class Gzip
{
    public static void Pack(ReadOnlySpan<byte> plain, PooledBuffer packed)
    {
        using var output = new PooledBufferStream(packed);
        using var gzip = new GZipStream(output, CompressionLevel.Fastest);
        gzip.Write(plain);
    }

    /// <summary>Stops as soon as it is more than allowed, however little it was when packed.</summary>
    public static void Unpack(in ReadOnlySequence<byte> packed, PooledBuffer plain, int maxBytes)
    {
        var length = (int)packed.Length;
        var array = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            packed.CopyTo(array);
            using var gzip = new GZipStream(new MemoryStream(array, 0, length, writable: false), CompressionMode.Decompress);
            for (int read; (read = gzip.Read(plain.GetSpan(256))) > 0;)
            {
                plain.Advance(read);
                if (plain.Length > maxBytes)
                {
                    throw new RpcException(
                        StatusCode.ResourceExhausted, $"The received message is longer than the limit of {maxBytes} bytes.");
                }
            }
        }
        catch (InvalidDataException e)
        {
            throw new RpcException(StatusCode.Internal, $"The received message cannot be decompressed: {e.Message}", inner: e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    /// <summary>What GZipStream writes into, nothing else.</summary>
    private sealed class PooledBufferStream(PooledBuffer buffer) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => buffer.Length;

        public override long Position
        {
            get => buffer.Length;
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> bytes) => buffer.Write(bytes);

        public override void Write(byte[] bytes, int offset, int count) => buffer.Write(bytes.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override int Read(byte[] bytes, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
