using System.Text.RegularExpressions;

namespace DaprOrders.Operations.Tests.Queries;

/// <summary>What a query needs to be there: a metric, and the labels that it is asked by.</summary>
internal sealed record Needed(string Metric, IReadOnlyList<string> Labels);

/// <summary>Reads names out of PromQL without understanding it: promtool and Prometheus itself judge the rest.</summary>
internal static partial class PromQl
{
    private static readonly HashSet<string> Words = new(StringComparer.Ordinal) { "and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring", "group_left", "group_right", "inf", "nan" };

    /// <summary>As Grafana does before it asks.</summary>
    public static string Filled(string query) => query.Replace("$__rate_interval", "1m", StringComparison.Ordinal).Replace("$job", ".*", StringComparison.Ordinal);

    /// <summary>What stands on either side of an "or" is grouped for itself.</summary>
    public static IReadOnlyList<Needed> NeededBy(string query) => [.. Or().Split(query).SelectMany(NeededByOne)];

    private static List<Needed> NeededByOne(string query)
    {
        var found = new List<Needed>();
        var grouping = Grouping().Matches(query).SelectMany(match => Labels().Matches(match.Groups[1].Value).Select(label => label.Value)).ToList();
        var plain = Grouping().Replace(query, " ");
        foreach (Match match in Selector().Matches(Strings().Replace(plain, "\"\"")))
        {
            var name = match.Groups["name"].Value;
            if (Words.Contains(name.ToLowerInvariant())) continue;
            found.Add(new Needed(name, [.. Matcher().Matches(match.Groups["matchers"].Value).Select(label => label.Groups[1].Value), .. grouping]));
        }

        return found;
    }

    [GeneratedRegex(@"\bor\b")]
    private static partial Regex Or();

    [GeneratedRegex(@"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"")]
    private static partial Regex Strings();

    // A name that no bracket follows (that would be a function) and that is no number's tail, unit or variable.
    [GeneratedRegex(@"(?<![\w:.$\[\]])(?<name>[a-zA-Z_:][\w:]*)\b(?!\s*\()(?:\{(?<matchers>[^}]*)\})?(?![^\[]*\])")]
    private static partial Regex Selector();

    [GeneratedRegex(@"(\w+)\s*(?:=~|!~|!=|=)")]
    private static partial Regex Matcher();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Labels();
}
