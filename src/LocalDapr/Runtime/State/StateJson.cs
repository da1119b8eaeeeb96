using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LocalDapr.Runtime.State;

/// <summary>The JSON of the state API, read as Go's decoder reads it: names in any letter case.</summary>
internal static class StateJson
{
    // Go writes < > & of values as \u003c … and leaves every other script as it is.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

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
            Value = item.Member("value") is { } value ? Canonical(value) : "null"u8.ToArray(),
            IsText = true,
            ETag = item.Member("etag") is { ValueKind: JsonValueKind.String } etag ? etag.GetString() : null,
            Concurrency = options is { } o ? Text(o.Member("concurrency")) : "",
            Consistency = options is { } p ? Text(p.Member("consistency")) : "",
            Metadata = Metadata(item.Member("metadata"), queryMetadata),
        };
    }

    public static ReadOnlyMemory<byte> WriteBulk(IReadOnlyList<string> keys, IReadOnlyList<StateItem?> items)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, Plain);
        json.WriteStartArray();
        for (var i = 0; i < keys.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("key", keys[i]);
            if (items[i] is { } item)
            {
                json.WritePropertyName("data");
                WriteValue(json, item.Value);
                json.WriteString("etag", item.ETag);
                if (item.ExpiresAt is { } expires)
                {
                    json.WriteStartObject("metadata");
                    json.WriteString("ttlExpireTime", Time(expires));
                    json.WriteEndObject();
                }
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>Whitespace between tokens goes, object keys are sorted: what Go's decoder and encoder make of a value.</summary>
    public static ReadOnlyMemory<byte> Canonical(JsonElement value)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Plain)) Write(json, value);
        return EscapeHtml(buffer.WrittenMemory);
    }

    private static void Write(Utf8JsonWriter json, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var property in value.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal))
                {
                    json.WritePropertyName(property.Name);
                    Write(json, property.Value);
                }
                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var element in value.EnumerateArray()) Write(json, element);
                json.WriteEndArray();
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }

    private static ReadOnlyMemory<byte> EscapeHtml(ReadOnlyMemory<byte> text)
    {
        if (!text.Span.ContainsAny("<>&"u8)) return text;
        var buffer = new ArrayBufferWriter<byte>(text.Length + 32);
        foreach (var b in text.Span)
            buffer.Write(b switch
            {
                (byte)'<' => "\\u003c"u8,
                (byte)'>' => "\\u003e"u8,
                (byte)'&' => "\\u0026"u8,
                _ => [b],
            });
        return buffer.WrittenMemory;
    }

    // A value that gRPC stored need not be JSON: then it travels as base64, as Go prints bytes.
    private static void WriteValue(Utf8JsonWriter json, ReadOnlyMemory<byte> value)
    {
        try
        {
            using var document = JsonDocument.Parse(value);
            document.RootElement.WriteTo(json);
        }
        catch (JsonException)
        {
            json.WriteBase64StringValue(value.Span);
        }
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
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { } other => other.GetRawText(),
    };
}
