using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace DaprOrders.Move.Copying;

/// <summary>Rows and the SHA-256 over their values, the same whichever database they were read from: each value with its kind and length, in the order of the key.</summary>
internal sealed class Digest : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public long Rows { get; private set; }

    public void Add(IReadOnlyList<object?> row)
    {
        Rows++;
        foreach (var value in row) Add(value);
    }

    public Sum Finish() => new(Rows, Convert.ToHexStringLower(hash.GetHashAndReset()));

    public void Dispose() => hash.Dispose();

    private void Add(object? value)
    {
        switch (value)
        {
            case null or DBNull: Add('n', []); break;
            case short or int or long: Add('i', BitConverter.GetBytes(Convert.ToInt64(value))); break;
            case string text: Add('t', Encoding.UTF8.GetBytes(text)); break;
            case byte[] bytes: Add('b', bytes); break;
            case Guid id: Add('g', id.ToByteArray(bigEndian: true)); break;
            case DateTime at: Add('d', BitConverter.GetBytes(at.ToUniversalTime().Ticks / TimeSpan.TicksPerMicrosecond)); break; // PostgreSQL keeps microseconds
            default: throw new InvalidOperationException($"No digest of a {value.GetType()}.");
        }
    }

    private void Add(char kind, ReadOnlySpan<byte> bytes)
    {
        Span<byte> head = stackalloc byte[5];
        head[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(head[1..], bytes.Length);
        hash.AppendData(head);
        hash.AppendData(bytes);
    }
}

/// <summary>What a table holds: two that are equal hold the same rows.</summary>
internal sealed record Sum(long Rows, string Hash);
