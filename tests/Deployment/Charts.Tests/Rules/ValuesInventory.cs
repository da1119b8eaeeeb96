using System.Text.Json;
using System.Text.Json.Nodes;
using Charts.Tests.Rendering;

namespace Charts.Tests.Rules;

internal sealed record DocumentedValue(string Path, string Default, string Description);

/// <summary>The values with their comments: a comment that begins with "--" belongs to the key below it.</summary>
internal static class ValuesInventory
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IReadOnlyList<DocumentedValue> Read(string yaml)
    {
        var values = Yaml.Documents(yaml).Single();
        var found = new List<DocumentedValue>();
        var path = new List<string>();
        string? comment = null;
        foreach (var line in yaml.Split('\n'))
        {
            var text = line.TrimStart();
            var depth = (line.Length - text.Length) / 2;
            if (text.StartsWith('#'))
            {
                comment = text.StartsWith("# -- ", StringComparison.Ordinal) ? text[5..] : comment is null ? null : $"{comment} {text[1..].TrimStart()}";
            }
            else if (text.IndexOf(':') is > 0 and var colon && !text.StartsWith('-'))
            {
                path.RemoveRange(depth, path.Count - depth);
                path.Add(text[..colon]);
                if (comment is not null) found.Add(new(string.Join('.', path), values.At(string.Join('.', path))?.ToJsonString(Compact) ?? "null", comment));
                comment = null;
            }
            else
            {
                comment = null;
            }
        }

        return found;
    }

    /// <summary>Paths of all values, down to the last.</summary>
    public static IEnumerable<string> Leaves(JsonNode? node, string path = "") =>
        node is JsonObject { Count: > 0 } map ? map.SelectMany(pair => Leaves(pair.Value, path.Length == 0 ? pair.Key : $"{path}.{pair.Key}")) : [path];

    public static string Table(IEnumerable<DocumentedValue> values) =>
        "| value | default | what it does |\n|---|---|---|\n" + string.Concat(values.Select(v => $"| `{v.Path}` | `{v.Default.Replace("|", "\\|")}` | {v.Description.Replace("|", "\\|")} |\n"));
}
