using System.Globalization;
using System.Text.Json;

namespace LocalDapr.Runtime.State;

/// <summary>The JSON of the state API, read as Go's decoder reads it: names in any letter case.</summary>
internal static class StateJson
{
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    /// <summary>A property by its name, in any letter case.</summary>
    public static JsonElement? Member(this JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object) return null;
        if (element.TryGetProperty(name, out var exact)) return exact;
        foreach (var property in element.EnumerateObject())
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                return property.Value;
        return null;
    }

    public static StateRequest ReadItem(JsonElement item, IReadOnlyDictionary<string, string> queryMetadata)
    {
        if (item.ValueKind != JsonValueKind.Object) throw DaprErrors.Malformed("an item is no object");
        var options = item.Member("options");
        return new StateRequest(Text(item.Member("key")))
        {
            Value = item.Member("value") is { } value ? GoJsonWriter.Canonical(value) : "null"u8.ToArray(),
            IsText = true,
            ETag = item.Member("etag") is { ValueKind: JsonValueKind.String } etag ? GoJsonWriter.TextOf(etag) : null,
            Concurrency = options is { } o ? Text(o.Member("concurrency")) : "",
            Consistency = options is { } p ? Text(p.Member("consistency")) : "",
            Metadata = Metadata(item.Member("metadata"), queryMetadata),
        };
    }

    /// <summary>Values are in it as they are stored.</summary>
    public static ReadOnlyMemory<byte> WriteBulk(IReadOnlyList<string> keys, IReadOnlyList<StateItem?> items)
    {
        var json = new GoJsonWriter(1024);
        for (var i = 0; i < keys.Count; i++)
        {
            json.Raw(i == 0 ? "[{\"key\":"u8 : ",{\"key\":"u8);
            json.Text(keys[i]);
            if (items[i] is { } item) WriteItem(json, item);
            json.Raw("}"u8);
        }
        json.Raw(keys.Count == 0 ? "[]"u8 : "]"u8);
        return json.Written;
    }

    private static void WriteItem(GoJsonWriter json, StateItem item)
    {
        json.Raw(",\"data\":"u8);
        // A value that gRPC stored need not be JSON: then it travels as base64, as Go prints bytes.
        if (GoJsonWriter.IsJson(item.Value.Span)) json.Raw(item.Value.Span);
        else json.Text(Convert.ToBase64String(item.Value.Span));
        json.Raw(",\"etag\":"u8);
        json.Text(item.ETag);
        if (item.ExpiresAt is not { } expires) return;
        json.Raw(",\"metadata\":{\"ttlExpireTime\":"u8);
        json.Text(Time(expires));
        json.Raw("}"u8);
    }

    private static IReadOnlyDictionary<string, string> Metadata(JsonElement? own, IReadOnlyDictionary<string, string> query)
    {
        if (own is not { ValueKind: JsonValueKind.Object } given) return query;
        var all = given.EnumerateObject().ToDictionary(p => p.Name, p => Text(p.Value), StringComparer.Ordinal);
        foreach (var (name, value) in query) all[name] = value;
        return all;
    }

    private static string Text(JsonElement? element) => element switch
    {
        null or { ValueKind: JsonValueKind.Null } => "",
        { } other => GoJsonWriter.TextOf(other),
    };
}
