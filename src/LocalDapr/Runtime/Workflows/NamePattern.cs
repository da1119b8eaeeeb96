using System.Text;
using System.Text.RegularExpressions;

namespace LocalDapr.Runtime.Workflows;

/// <summary>
/// A name with the wildcards of Go's path.Match: * and ? match anything but a slash, [a-z] and [^a-z] one character of a set, and a
/// backslash takes the next character as it is.
/// </summary>
internal sealed class NamePattern
{
    private readonly Regex _regex;

    private NamePattern(string regex) => _regex = new Regex(regex, RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.CultureInvariant);

    public bool Matches(string name) => _regex.IsMatch(name);

    /// <summary>Null when it is no pattern.</summary>
    public static NamePattern? Parse(string pattern)
    {
        var regex = new StringBuilder(@"\A");
        for (var at = 0; at < pattern.Length; at++)
        {
            switch (pattern[at])
            {
                case '*': regex.Append("[^/]*"); break;
                case '?': regex.Append("[^/]"); break;
                case '\\' when ++at == pattern.Length: return null;
                case '[':
                    if (Set(pattern, ref at) is not { } set) return null;
                    regex.Append(set);
                    break;
                default: regex.Append(Literal(pattern[at])); break;
            }
        }
        return new NamePattern(regex.Append(@"\z").ToString());
    }

    private static string? Set(string pattern, ref int at)
    {
        var set = new StringBuilder("[");
        at++;
        if (at < pattern.Length && pattern[at] == '^')
        {
            set.Append('^');
            at++;
        }
        var isEmpty = true;
        while (at < pattern.Length && (pattern[at] != ']' || isEmpty))
        {
            if (One(pattern, ref at) is not { } low) return null;
            var high = low;
            if (at < pattern.Length && pattern[at] == '-')
            {
                at++;
                if (One(pattern, ref at) is not { } end) return null;
                high = end;
            }
            // As in Go, a range that is upside down matches nothing; an empty one must not make an empty set of it.
            if (low <= high) set.Append(Literal(low)).Append('-').Append(Literal(high));
            isEmpty = false;
        }
        if (at >= pattern.Length) return null;
        return set.Length > (set[^1] == '^' ? 2 : 1) ? set.Append(']').ToString() : set[^1] == '^' ? "." : "(?:[^\\s\\S])";
    }

    private static char? One(string pattern, ref int at)
    {
        if (at >= pattern.Length || pattern[at] is '-' or ']') return null;
        if (pattern[at] == '\\' && ++at >= pattern.Length) return null;
        return pattern[at++];
    }

    private static string Literal(char c) => $@"\u{(int)c:x4}";
}
