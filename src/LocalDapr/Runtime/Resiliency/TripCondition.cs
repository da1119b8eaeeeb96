using System.Text.RegularExpressions;
using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Runtime.Resiliency;

/// <summary>
/// The trip conditions of circuit breakers: comparisons of Dapr's counters with numbers, joined by &amp;&amp; and ||. That is the part
/// of CEL that such conditions use; anything else is refused at the start.
/// </summary>
internal static partial class TripCondition
{
    public static Func<BreakerCounts, bool> Default { get; } = counts => counts.ConsecutiveFailures > 5;

    public static Func<BreakerCounts, bool> Parse(string text)
    {
        var alternatives = text.Split("||").Select(part => part.Split("&&").Select(c => Comparison(c, text)).ToArray()).ToArray();
        return counts => alternatives.Any(all => all.All(holds => holds(counts)));
    }

    private static Func<BreakerCounts, bool> Comparison(string part, string whole)
    {
        var match = Shape().Match(part);
        if (!match.Success) throw new StartupException($"circuit breaker: LocalDapr cannot read the trip condition '{whole}'");
        var counter = Counter(match.Groups["name"].Value, whole);
        var limit = double.Parse(match.Groups["limit"].ValueSpan);
        return match.Groups["op"].Value switch
        {
            ">" => counts => counter(counts) > limit,
            ">=" => counts => counter(counts) >= limit,
            "<" => counts => counter(counts) < limit,
            "<=" => counts => counter(counts) <= limit,
            "==" => counts => counter(counts) == limit,
            _ => counts => counter(counts) != limit,
        };
    }

    private static Func<BreakerCounts, int> Counter(string name, string whole) => name switch
    {
        "requests" => counts => counts.Requests,
        "totalSuccesses" => counts => counts.TotalSuccesses,
        "totalFailures" => counts => counts.TotalFailures,
        "consecutiveSuccesses" => counts => counts.ConsecutiveSuccesses,
        "consecutiveFailures" => counts => counts.ConsecutiveFailures,
        _ => throw new StartupException($"circuit breaker: '{name}' of the trip condition '{whole}' is no counter of Dapr"),
    };

    [GeneratedRegex(@"^\s*\(?\s*(?<name>\w+)\s*(?<op>>=|<=|==|!=|>|<)\s*(?<limit>\d+(\.\d+)?)\s*\)?\s*$")]
    private static partial Regex Shape();
}
