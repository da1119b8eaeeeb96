using System.Security.Cryptography;
using System.Text;

namespace Dapr.Workflow.Replay;

// Name-based guids (RFC 4122, version 5): the same run and the same name always give the same one.
internal static class StableGuid
{
    private static readonly Guid Namespace = new("8d0e6bb2-46a1-4d0a-9f5c-2b8e3a7f1c64");

    public static Guid From(string name)
    {
        var length = Encoding.UTF8.GetByteCount(name);
        Span<byte> input = length <= 240 ? stackalloc byte[256] : new byte[length + 16];
        Namespace.TryWriteBytes(input, bigEndian: true, out _);
        Encoding.UTF8.GetBytes(name, input[16..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // No secret hangs on it: version 5 is defined on SHA-1.
        SHA1.HashData(input[..(16 + length)], hash);
#pragma warning restore CA5350
        hash[6] = (byte)((hash[6] & 0x0F) | 0x50);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
