using System.Text.Json.Nodes;

namespace LocalDapr.Runtime.Components;

/// <summary>One document of a resource file: Component, Subscription, Resiliency, HTTPEndpoint, Configuration.</summary>
internal sealed record Resource(string Kind, string ApiVersion, string Name, string File, JsonObject Body)
{
    private static readonly JsonObject Empty = new(new JsonNodeOptions { PropertyNameCaseInsensitive = true });

    public string? Namespace { get; init; }

    /// <summary>App ids that see the resource; empty is all.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>The spec; property names match in any letter case.</summary>
    public JsonObject Spec => Body["spec"] as JsonObject ?? Empty;

    public bool IsFor(string appId) => Scopes.Count == 0 || Scopes.Contains(appId);
}

internal static class JsonNodeReading
{
    /// <summary>A scalar as Dapr reads metadata: text, number or bool, all as text.</summary>
    public static string? Text(this JsonNode? node) => node switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        JsonValue value => value.ToJsonString(),
        _ => node.ToJsonString(),
    };

    public static IReadOnlyList<string> Texts(this JsonNode? node) => node is JsonArray list ? [.. list.Select(n => n.Text() ?? "")] : [];

    public static JsonObject? Object(this JsonNode? node) => node as JsonObject;

    public static IEnumerable<JsonObject> Objects(this JsonNode? node) => node is JsonArray list ? list.OfType<JsonObject>() : [];
}
