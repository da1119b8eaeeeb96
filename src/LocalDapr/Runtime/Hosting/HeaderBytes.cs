using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace LocalDapr.Runtime.Hosting;

/// <summary>
/// Headers pass as the bytes they came as, whatever script they are in: Latin-1 makes one char of every byte and the same byte of it again.
/// A header that is read as a text, and a text that is sent as a header, is UTF-8.
/// </summary>
internal static class HeaderBytes
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static void KeepHeaderBytes(this KestrelServerOptions kestrel)
    {
        kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
    }

    public static SocketsHttpHandler KeepHeaderBytes(this SocketsHttpHandler handler)
    {
        handler.RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1;
        handler.ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1;
        return handler;
    }

    /// <summary>A text as it is written into a header.</summary>
    public static string OfText(string text) => Ascii.IsValid(text) ? text : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    /// <summary>Texts as they are written into headers.</summary>
    public static IEnumerable<KeyValuePair<string, string>> OfTexts(IEnumerable<KeyValuePair<string, string>> texts) =>
        texts.Select(pair => new KeyValuePair<string, string>(pair.Key, OfText(pair.Value)));

    /// <summary>What a header says; one that is no UTF-8 is taken for Latin-1.</summary>
    public static string ToText(string header)
    {
        if (Ascii.IsValid(header)) return header;
        try
        {
            return Strict.GetString(Encoding.Latin1.GetBytes(header));
        }
        catch (DecoderFallbackException)
        {
            return header;
        }
    }
}
