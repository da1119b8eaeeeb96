using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace LocalDapr.Runtime.PubSub.Routing;

/// <summary>The functions of rules. Unknown names are found when the rule is compiled, not when an event comes.</summary>
internal static class CelFunctions
{
    // A rule comes from a file or the app, but it must not stop a subscription for ever.
    private static readonly TimeSpan RegexLimit = TimeSpan.FromMilliseconds(200);

    public static Func<object?, object?[], object?> Method(string name) => name switch
    {
        "startsWith" => (target, a) => Text(target).StartsWith(Text(One(a)), StringComparison.Ordinal),
        "endsWith" => (target, a) => Text(target).EndsWith(Text(One(a)), StringComparison.Ordinal),
        "contains" => (target, a) => Text(target).Contains(Text(One(a)), StringComparison.Ordinal),
        "matches" => (target, a) => Regex.IsMatch(Text(target), Text(One(a)), RegexOptions.CultureInvariant, RegexLimit),
        "size" => (target, _) => Size(target),
        _ => throw new CelException($"undeclared reference to '{name}'"),
    };

    public static Func<object?[], object?> Global(string name) => name switch
    {
        "size" => a => Size(One(a)),
        "string" => a => One(a) switch
        {
            double number => number.ToString(CultureInfo.InvariantCulture),
            bool truth => truth ? "true" : "false",
            var other => Text(other),
        },
        "double" => a => ToNumber(One(a)),
        "int" => a => Math.Truncate(ToNumber(One(a))),
        "matches" => a => a.Length == 2 ? Method("matches")(a[0], [a[1]]) : throw new CelException("matches takes two arguments"),
        _ => throw new CelException($"undeclared reference to '{name}'"),
    };

    /// <summary>True when the member is there; the objects before it must be there.</summary>
    public static bool Has(CelNode member, JsonElement cloudEvent)
    {
        try
        {
            member(cloudEvent);
            return true;
        }
        catch (CelException)
        {
            return false;
        }
    }

    private static object? One(object?[] arguments) =>
        arguments.Length == 1 ? arguments[0] : throw new CelException("one argument is expected");

    private static string Text(object? value) => value as string ?? throw new CelException("a text is expected");

    private static double ToNumber(object? value) => value switch
    {
        double number => number,
        string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => throw new CelException("no number"),
    };

    private static double Size(object? value) => value switch
    {
        string text => text.EnumerateRunes().Count(),
        List<object?> list => list.Count,
        JsonElement map => map.EnumerateObject().Count(),
        _ => throw new CelException("size of what has none"),
    };
}
