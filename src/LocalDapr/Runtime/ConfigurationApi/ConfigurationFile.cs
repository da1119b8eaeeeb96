using System.Text.Json;
using System.Text.Json.Nodes;
using LocalDapr.Runtime.Components;

namespace LocalDapr.Runtime.ConfigurationApi;

/// <summary>A value with its version; empty text where there is none.</summary>
internal sealed record ConfigurationValue(string Value, string Version, IReadOnlyDictionary<string, string> Metadata)
{
    public bool SameAs(ConfigurationValue other) => Value == other.Value && Version == other.Version
        && Metadata.Count == other.Metadata.Count && Metadata.All(pair => other.Metadata.GetValueOrDefault(pair.Key) == pair.Value);
}

/// <summary>The file of configuration.local.file: <c>{"key": {"value": "…", "version": "…", "metadata": {}}}</c>, or plain values. Pure.</summary>
internal static class ConfigurationFile
{
    /// <summary>Throws <see cref="JsonException"/> for what is no such file.</summary>
    public static IReadOnlyDictionary<string, ConfigurationValue> Parse(string text)
    {
        var root = JsonNode.Parse(text) as JsonObject ?? throw new JsonException("it is no JSON object");
        return root.ToDictionary(p => p.Key, p => Value(p.Value), StringComparer.Ordinal);
    }

    private static ConfigurationValue Value(JsonNode? node)
    {
        if (node is not JsonObject item) return new(node.Text() ?? "", "", new Dictionary<string, string>());
        var metadata = item["metadata"].Object()?.ToDictionary(p => p.Key, p => p.Value.Text() ?? "", StringComparer.Ordinal);
        return new(item["value"].Text() ?? "", item["version"].Text() ?? "", metadata ?? []);
    }
}
