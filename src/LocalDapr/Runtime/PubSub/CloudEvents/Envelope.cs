using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LocalDapr.Runtime.PubSub.CloudEvents;

/// <summary>Makes the CloudEvent that goes to the broker. Pure: time and identity come as arguments.</summary>
internal static class Envelope
{
    public const string DefaultType = "com.dapr.event.sent";
    public const string BulkType = "com.dapr.event.sent.bulk";
    private const string MetadataPrefix = "cloudevent.";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The bytes of the event; null when the publisher claims a CloudEvent and sends none.</summary>
    public static byte[]? Make(PublishedEvent published, string appId, DateTimeOffset now) =>
        ContentTypes.IsCloudEvent(published.ContentType) ? Complete(published, now) : Wrap(published, appId, now);

    /// <summary>The event that a raw subscription gets for bytes of any kind.</summary>
    public static byte[] WrapRaw(ReadOnlySpan<byte> data, string pubsub, string topic)
    {
        var buffer = new ArrayBufferWriter<byte>(data.Length * 2 + 256);
        using var json = new Utf8JsonWriter(buffer, Options);
        json.WriteStartObject();
        json.WriteString("id", Guid.NewGuid().ToString());
        json.WriteString("specversion", "1.0");
        json.WriteString("type", DefaultType);
        json.WriteString("source", "Dapr");
        json.WriteString("topic", topic);
        json.WriteString("pubsubname", pubsub);
        json.WriteString("datacontenttype", ContentTypes.Binary);
        json.WriteBase64String("data_base64", data);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    public static string Rfc3339(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static byte[] Wrap(PublishedEvent published, string appId, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>(published.Data.Length + 512);
        using var json = new Utf8JsonWriter(buffer, Options);
        json.WriteStartObject();
        json.WriteString("id", Own(published, "id") ?? Guid.NewGuid().ToString());
        json.WriteString("specversion", "1.0");
        json.WriteString("type", Own(published, "type") ?? DefaultType);
        json.WriteString("source", Own(published, "source") ?? appId);
        if (Own(published, "subject") is { } subject) json.WriteString("subject", subject);
        json.WriteString("topic", published.Topic);
        json.WriteString("pubsubname", published.PubSub);
        json.WriteString("time", Rfc3339(now));
        var parent = Own(published, "traceparent") ?? published.Trace.Parent ?? "";
        json.WriteString("traceid", Own(published, "traceid") ?? parent);
        json.WriteString("traceparent", parent);
        json.WriteString("tracestate", Own(published, "tracestate") ?? published.Trace.State ?? "");
        var contentType = published.ContentType.Length == 0 ? ContentTypes.Text : published.ContentType;
        json.WriteString("datacontenttype", contentType);
        WriteData(json, published.Data.Span, contentType);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteData(Utf8JsonWriter json, ReadOnlySpan<byte> data, string contentType)
    {
        if (ContentTypes.IsBinary(contentType))
        {
            json.WriteBase64String("data_base64", data);
            return;
        }
        json.WritePropertyName("data");
        if (ContentTypes.IsJson(contentType) && IsJson(data)) json.WriteRawValue(data, skipInputValidation: true);
        else json.WriteStringValue(System.Text.Encoding.UTF8.GetString(data));
    }

    // Validated without a tree, and written as it came: numbers keep every digit.
    private static bool IsJson(ReadOnlySpan<byte> data)
    {
        try
        {
            var reader = new Utf8JsonReader(data);
            if (!reader.Read()) return false;
            reader.Skip();
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static byte[]? Complete(PublishedEvent published, DateTimeOffset now)
    {
        try
        {
            using var own = JsonDocument.Parse(published.Data);
            if (own.RootElement.ValueKind != JsonValueKind.Object) return null;
            return Complete(own.RootElement, published, now);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static byte[] Complete(JsonElement own, PublishedEvent published, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>(published.Data.Length + 256);
        using var json = new Utf8JsonWriter(buffer, Options);
        json.WriteStartObject();
        foreach (var attribute in own.EnumerateObject())
            if (!attribute.NameEquals("topic") && !attribute.NameEquals("pubsubname"))
                attribute.WriteTo(json);
        json.WriteString("topic", published.Topic);
        json.WriteString("pubsubname", published.PubSub);
        WriteMissing("source", "Dapr");
        WriteMissing("type", DefaultType);
        WriteMissing("specversion", "1.0");
        WriteMissing("time", Rfc3339(now));
        WriteMissing("traceid", published.Trace.Parent ?? "");
        WriteMissing("traceparent", published.Trace.Parent ?? "");
        WriteMissing("tracestate", published.Trace.State ?? "");
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();

        void WriteMissing(string name, string value)
        {
            if (!own.TryGetProperty(name, out _)) json.WriteString(name, value);
        }
    }

    private static string? Own(PublishedEvent published, string attribute) =>
        published.Metadata.Count > 0 && published.Metadata.TryGetValue(MetadataPrefix + attribute, out var value) ? value : null;
}
