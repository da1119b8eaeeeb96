using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using LocalDapr.Runtime.PubSub.CloudEvents;
using LocalDapr.Runtime.State;

namespace LocalDapr.Runtime.Outbox;

/// <summary>What a transaction says with one of its upserts. Pure.</summary>
internal static class OutboxEvent
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>True for an upsert that is published in the place of its key's stored value, and not stored itself.</summary>
    public static bool IsProjection(StateRequest request) =>
        request.Metadata.TryGetValue("outbox.projection", out var flag) && flag.ToUpperInvariant() is "TRUE" or "1" or "Y" or "YES" or "ON" or "T";

    /// <summary>
    /// The CloudEvent of a stored upsert. Its metadata become attributes, of which none replaces id, data or the target; the value and its
    /// content type may be another's.
    /// </summary>
    public static byte[] Make(StateRequest stored, StateRequest shown, OutboxTarget target, string appId, Trace trace, DateTimeOffset now)
    {
        var contentType = shown.Metadata.GetValueOrDefault("contentType", ContentTypes.Text);
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["specversion"] = "1.0",
            ["type"] = Envelope.DefaultType,
            ["source"] = appId,
            ["time"] = Envelope.Rfc3339(now),
            ["traceid"] = trace.Parent ?? "",
            ["traceparent"] = trace.Parent ?? "",
            ["tracestate"] = trace.State ?? "",
            ["datacontenttype"] = contentType,
        };
        foreach (var (name, value) in stored.Metadata)
            if (name is not ("data" or "data_base64" or "id"))
                attributes[name] = value;
        (attributes["topic"], attributes["pubsubname"]) = (target.Topic, target.PubSub);
        return Encode(attributes, shown.Value, ContentTypes.IsJson(contentType));
    }

    private static byte[] Encode(Dictionary<string, string> attributes, ReadOnlyMemory<byte> value, bool isJson)
    {
        var buffer = new ArrayBufferWriter<byte>(value.Length + 512);
        using var json = new Utf8JsonWriter(buffer, Options);
        json.WriteStartObject();
        json.WriteString("id", $"outbox-{Guid.NewGuid()}");
        foreach (var (name, text) in attributes) json.WriteString(name, text);
        json.WritePropertyName("data");
        if (isJson && GoJsonWriter.IsJson(value.Span)) json.WriteRawValue(value.Span, skipInputValidation: true);
        else json.WriteStringValue(Text(value));
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    // A JSON text is published without its quotes, anything else as it is stored.
    private static string Text(ReadOnlyMemory<byte> value)
    {
        using var document = Parse(value);
        return document?.RootElement.ValueKind == JsonValueKind.String ? document.RootElement.GetString()! : Encoding.UTF8.GetString(value.Span);
    }

    private static JsonDocument? Parse(ReadOnlyMemory<byte> value)
    {
        try
        {
            return JsonDocument.Parse(value, GoJsonWriter.DocumentOptions);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
