using System.Buffers;
using System.Text;

namespace LocalDapr.Runtime.Actors;

/// <summary>The rules for names that become parts of a path.</summary>
internal static class ActorName
{
    private static readonly SearchValues<char> control = SearchValues.Create([.. Enumerable.Range(0, 32).Select(c => (char)c), '\u007f']);

    /// <summary>Why a name could not stand in a path; null when it can.</summary>
    public static string? WhyNot(string what, string name, ReadOnlySpan<char> forbidden)
    {
        if (name.AsSpan().ContainsAny(forbidden)) return $"{what} contains forbidden character: {GoQuoted.Of(name)}";
        return name.AsSpan().IndexOfAny(control) is >= 0 and var at
            ? $"{what} contains control character at position {Encoding.UTF8.GetByteCount(name.AsSpan(0, at))}: {GoQuoted.Of(name)}"
            : null;
    }
}
