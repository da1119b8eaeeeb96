using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace LocalDapr.Runtime.PubSub.CloudEvents;

/// <summary>A CloudEvent on its way to a subscriber: the bytes as they came, and the parsed view that rules and gRPC need.</summary>
internal sealed class ReceivedEvent : IDisposable
{
    private static readonly HashSet<string> Fields = ["id", "source", "type", "specversion", "datacontenttype", "data", "data_base64"];

    private readonly JsonDocument _document;

    private ReceivedEvent(ReadOnlyMemory<byte> json, JsonDocument document) => (Json, _document) = (json, document);

    public ReadOnlyMemory<byte> Json { get; }

    public JsonElement Root => _document.RootElement;

    public string Id => Attribute("id");

    public string ContentType => Attribute("datacontenttype");

    /// <summary>Null when the bytes are no JSON object.</summary>
    public static ReceivedEvent? TryParse(ReadOnlyMemory<byte> json)
    {
        try
        {
            var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return new ReceivedEvent(json, document);
            document.Dispose();
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public string Attribute(string name) =>
        Root.TryGetProperty(name, out var value) ? value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText() : "";

    public bool HasExpired(DateTimeOffset now) =>
        Root.TryGetProperty("expiration", out var text) && text.ValueKind == JsonValueKind.String
        && DateTimeOffset.TryParse(text.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expires)
        && expires <= now;

    /// <summary>The bytes that were published.</summary>
    public ByteString Data()
    {
        if (Root.TryGetProperty("data_base64", out var binary) && binary.TryGetBytesFromBase64(out var bytes))
            return ByteString.CopyFrom(bytes);
        if (!Root.TryGetProperty("data", out var data)) return ByteString.Empty;
        var isText = data.ValueKind == JsonValueKind.String && !ContentTypes.IsJson(ContentType);
        return ByteString.CopyFromUtf8(isText ? data.GetString()! : data.GetRawText());
    }

    /// <summary>The attributes that gRPC messages have no field for.</summary>
    public Struct Extensions()
    {
        var extensions = new Struct();
        foreach (var attribute in Root.EnumerateObject())
            if (!Fields.Contains(attribute.Name))
                extensions.Fields[attribute.Name] = ToValue(attribute.Value);
        return extensions;
    }

    public void Dispose() => _document.Dispose();

    private static Value ToValue(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => Value.ForString(json.GetString()!),
        JsonValueKind.Number => Value.ForNumber(json.GetDouble()),
        JsonValueKind.True => Value.ForBool(true),
        JsonValueKind.False => Value.ForBool(false),
        JsonValueKind.Array => Value.ForList([.. json.EnumerateArray().Select(ToValue)]),
        JsonValueKind.Object => Value.ForStruct(ToStruct(json)),
        _ => Value.ForNull(),
    };

    private static Struct ToStruct(JsonElement json)
    {
        var result = new Struct();
        foreach (var property in json.EnumerateObject()) result.Fields[property.Name] = ToValue(property.Value);
        return result;
    }
}
