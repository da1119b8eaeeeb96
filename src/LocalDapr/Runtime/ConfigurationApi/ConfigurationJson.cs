using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LocalDapr.Runtime.ConfigurationApi;

/// <summary>The JSON of the configuration API. Pure.</summary>
internal static class ConfigurationJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ReadOnlyMemory<byte> Items(IReadOnlyDictionary<string, ConfigurationValue> items) => Encode(json => Write(json, items));

    /// <summary>What the app is told of one change.</summary>
    public static ReadOnlyMemory<byte> Change(string id, KeyValuePair<string, ConfigurationValue> change) => Encode(json =>
    {
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WritePropertyName("items");
        Write(json, [change]);
        json.WriteEndObject();
    });

    public static ReadOnlyMemory<byte> Object(Action<Utf8JsonWriter> members) => Encode(json =>
    {
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    });

    private static ReadOnlyMemory<byte> Encode(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Options)) write(json);
        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter json, IEnumerable<KeyValuePair<string, ConfigurationValue>> items)
    {
        json.WriteStartObject();
        foreach (var (key, item) in items)
        {
            json.WriteStartObject(key);
            json.WriteString("value", item.Value);
            if (item.Version.Length > 0) json.WriteString("version", item.Version);
            json.WriteStartObject("metadata");
            foreach (var (name, value) in item.Metadata) json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }
}
