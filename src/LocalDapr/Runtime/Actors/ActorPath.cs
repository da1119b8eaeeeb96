using System.Buffers;
using System.Globalization;
using System.Text;

namespace LocalDapr.Runtime.Actors;

/// <summary>Paths of callbacks. Go escapes only what must be, and ends no path with a slash.</summary>
internal static class ActorPath
{
    private static readonly SearchValues<char> plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/");

    public static string Of(ActorKey actor) => $"/actors/{Escape(actor.Type)}/{Escape(actor.Id)}";

    /// <param name="method">May be a path of its own, or nothing.</param>
    public static string Of(ActorKey actor, string method) => method.Length == 0 ? $"{Of(actor)}/method" : $"{Of(actor)}/method/{Escape(method)}";

    private static string Escape(string text)
    {
        if (!text.AsSpan().ContainsAnyExcept(plain)) return text;
        var escaped = new StringBuilder(text.Length + 16);
        foreach (var b in Encoding.UTF8.GetBytes(text))
            if (plain.Contains((char)b)) escaped.Append((char)b);
            else escaped.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        return escaped.ToString();
    }
}
