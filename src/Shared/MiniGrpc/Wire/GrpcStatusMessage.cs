using System.Text;

namespace MiniGrpc.Wire;

/// <summary>
/// grpc-message is UTF-8 with everything outside printable ASCII, and '%' itself, percent-encoded. What is too long for a header is cut:
/// a client that gets more headers than it takes closes the connection, with all the calls on it.
/// </summary>
internal static class GrpcStatusMessage
{
    private const string Hex = "0123456789ABCDEF";
    private const string Cut = "%E2%80%A6";
    private const int MaxLength = 8 * 1024;

    public static string Encode(string message)
    {
        if (message.Length <= MaxLength && message.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0 && !message.Contains('%'))
        {
            return message;
        }

        var encoded = new StringBuilder(Math.Min(message.Length, MaxLength) + 16);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in message.EnumerateRunes())
        {
            if (encoded.Length > MaxLength)
            {
                return encoded.Append(Cut).ToString();
            }

            foreach (var b in utf8[..rune.EncodeToUtf8(utf8)])
            {
                Append(encoded, b);
            }
        }

        return encoded.ToString();
    }

    /// <summary>Lenient, as the protocol asks: what is not a valid escape stays as it is.</summary>
    public static string Decode(string encoded)
    {
        if (!encoded.Contains('%'))
        {
            return encoded;
        }

        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(encoded.Length)];
        var length = 0;
        for (var i = 0; i < encoded.Length; i++)
        {
            if (encoded[i] == '%' && i + 2 < encoded.Length && char.IsAsciiHexDigit(encoded[i + 1]) && char.IsAsciiHexDigit(encoded[i + 2]))
            {
                bytes[length++] = Convert.FromHexString(encoded.AsSpan(i + 1, 2))[0];
                i += 2;
            }
            else
            {
                length += Encoding.UTF8.GetBytes(encoded.AsSpan(i, 1), bytes.AsSpan(length));
            }
        }

        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private static void Append(StringBuilder encoded, byte b)
    {
        if (b is >= 0x20 and <= 0x7E and not (byte)'%')
        {
            encoded.Append((char)b);
        }
        else
        {
            encoded.Append('%').Append(Hex[b >> 4]).Append(Hex[b & 15]);
        }
    }
}
