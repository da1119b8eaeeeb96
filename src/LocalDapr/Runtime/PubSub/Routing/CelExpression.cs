using System.Text.Json;

namespace LocalDapr.Runtime.PubSub.Routing;

/// <summary>
/// A rule of a subscription: the part of CEL that rules use (literals, members, comparisons, arithmetic, logic, conditional, lists, in,
/// has, size and the text functions) over the variable <c>event</c>. Compiled once; evaluation has no state.
/// </summary>
internal sealed class CelExpression
{
    private readonly CelNode _root;

    private CelExpression(CelNode root) => _root = root;

    /// <summary>Throws <see cref="CelException"/> for what is not understood.</summary>
    public static CelExpression Compile(string source) => new(new CelParser(CelTokens.Read(source)).Parse());

    /// <summary>Throws <see cref="CelException"/> when the event lacks what the rule asks for.</summary>
    public bool Matches(JsonElement cloudEvent) => CelValues.Truth(_root(cloudEvent));
}

/// <summary>A compiled part of a rule: from the event to a value (text, number as double, bool, null, list, or a JSON object).</summary>
internal delegate object? CelNode(JsonElement cloudEvent);
