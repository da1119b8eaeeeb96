using System.Text;

namespace DaprOrders.ServiceDefaults.Metrics;

/// <summary>OpenTelemetry's names as Prometheus has them, by the rules of its compatibility specification, so that both ways give the same name.</summary>
internal static class PrometheusNames
{
    private static readonly Dictionary<string, string> Units = new(StringComparer.Ordinal)
    {
        ["s"] = "seconds", ["ms"] = "milliseconds", ["us"] = "microseconds", ["min"] = "minutes", ["h"] = "hours", ["By"] = "bytes", ["KiBy"] = "kibibytes", ["MiBy"] = "mebibytes", ["%"] = "percent",
    };

    public static string Metric(string name, string? unit, bool isCounter, bool isGauge)
    {
        var text = Clean(name);
        if (Suffix(unit, isGauge) is { } suffix && !text.EndsWith("_" + suffix, StringComparison.Ordinal)) text += "_" + suffix;
        return isCounter && !text.EndsWith("_total", StringComparison.Ordinal) ? text + "_total" : text;
    }

    public static string Label(string name) => Clean(name);

    /// <summary>Appends a label's value as the text format quotes it.</summary>
    public static void AppendEscaped(StringBuilder into, string value)
    {
        foreach (var c in value)
        {
            if (c == '\\') into.Append(@"\\");
            else if (c == '"') into.Append("\\\"");
            else if (c == '\n') into.Append("\\n");
            else into.Append(c);
        }
    }

    /// <summary>A unit in braces only says what is counted; "1" is a ratio when it is no count.</summary>
    private static string? Suffix(string? unit, bool isGauge) => unit switch
    {
        null or "" => null,
        "1" => isGauge ? "ratio" : null,
        _ when unit[0] == '{' => null,
        _ => Units.TryGetValue(unit, out var known) ? known : Clean(unit),
    };

    private static string Clean(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            var legal = char.IsAsciiLetterOrDigit(c) || c == '_' ? c : '_';
            if (legal != '_' || text.Length == 0 || text[^1] != '_') text.Append(legal);
        }

        return char.IsAsciiDigit(text[0]) ? "_" + text : text.ToString();
    }
}
