using System.Text.Json;

namespace LocalDapr.Runtime.PubSub.Routing;

/// <summary>One rule: a match of null is the default and matches everything.</summary>
internal sealed record Rule(string? Match, string Path)
{
    private readonly CelExpression? _condition = string.IsNullOrEmpty(Match) ? null : CelExpression.Compile(Match);

    public bool Matches(JsonElement cloudEvent) => _condition is null || _condition.Matches(cloudEvent);
}

/// <summary>The rules of a subscription in order; the first match wins.</summary>
internal sealed record Routes(IReadOnlyList<Rule> Rules)
{
    /// <summary>True when no rule needs to look at the event.</summary>
    public bool IsFixed => Rules.Count == 1 && string.IsNullOrEmpty(Rules[0].Match);

    /// <summary>
    /// The path for an event, or null when no rule matches. A rule that fails to evaluate ends the search with <see cref="CelException"/>:
    /// the rules after it were written for events that the earlier ones can judge.
    /// </summary>
    public string? PathFor(JsonElement cloudEvent)
    {
        foreach (var rule in Rules)
            if (rule.Matches(cloudEvent))
                return rule.Path;
        return null;
    }
}
