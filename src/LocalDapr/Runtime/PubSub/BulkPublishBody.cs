using System.Text.Json;
using LocalDapr.Runtime.PubSub.CloudEvents;

namespace LocalDapr.Runtime.PubSub;

/// <summary>Reads the JSON list of a bulk publish. Pure.</summary>
internal static class BulkPublishBody
{
    private const string BadList = "DAPR_PUBSUB_MARSHAL_EVENTS";
    private const string BadEntry = "DAPR_PUBSUB_MARSHAL_ENVELOPE";
    private const string NoJson = "DAPR_PUBSUB_UNMARSHAL_EVENTS";

    /// <summary>The entries with their ids; <paramref name="shared"/> metadata reach only entries that have some of their own.</summary>
    public static IReadOnlyList<(string EntryId, PublishedEvent Event)> Read(
        ReadOnlyMemory<byte> body, string pubsub, string topic, IReadOnlyDictionary<string, string> shared, Trace trace)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Array)
                throw DaprErrors.PubSubEvents(pubsub, topic, NoJson, "a list is expected");
            var ids = new HashSet<string>(StringComparer.Ordinal);
            var entries = new List<(string, PublishedEvent)>(document.RootElement.GetArrayLength());
            foreach (var entry in document.RootElement.EnumerateArray())
            {
                var id = Text(entry, "entryId");
                if (id.Length == 0 || !ids.Add(id))
                    throw DaprErrors.PubSubEvents(pubsub, topic, BadList, "entryId is duplicated or not present for entry");
                var contentType = Text(entry, "contentType");
                var data = Data(entry, contentType)
                    ?? throw DaprErrors.PubSubEvents(pubsub, topic, BadEntry, $"entry {id} does not fit its contentType");
                var published = new PublishedEvent(pubsub, topic, data, contentType) { Metadata = Metadata(entry, shared), Trace = trace };
                entries.Add((id, published));
            }
            return entries;
        }
        catch (JsonException error)
        {
            throw DaprErrors.PubSubEvents(pubsub, topic, NoJson, error.Message);
        }
    }

    private static byte[]? Data(JsonElement entry, string contentType)
    {
        if (contentType.Length == 0 || !TryGet(entry, "event", out var value)) return null;
        if (ContentTypes.IsJson(contentType) || ContentTypes.IsCloudEvent(contentType))
            return System.Text.Encoding.UTF8.GetBytes(value.GetRawText());
        if (value.ValueKind != JsonValueKind.String) return null;
        if (!ContentTypes.IsBinary(contentType)) return System.Text.Encoding.UTF8.GetBytes(value.GetString()!);
        return value.TryGetBytesFromBase64(out var bytes) ? bytes : null;
    }

    private static Dictionary<string, string> Metadata(JsonElement entry, IReadOnlyDictionary<string, string> shared)
    {
        var metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (!TryGet(entry, "metadata", out var own) || own.ValueKind != JsonValueKind.Object) return metadata;
        foreach (var (name, value) in shared) metadata[name] = value;
        foreach (var pair in own.EnumerateObject())
            metadata[pair.Name] = pair.Value.ValueKind == JsonValueKind.String ? pair.Value.GetString()! : pair.Value.GetRawText();
        return metadata;
    }

    private static string Text(JsonElement entry, string name) =>
        TryGet(entry, name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static bool TryGet(JsonElement entry, string name, out JsonElement value)
    {
        value = default;
        if (entry.ValueKind != JsonValueKind.Object) return false;
        if (entry.TryGetProperty(name, out value)) return true;
        foreach (var property in entry.EnumerateObject())
            if (string.Equals(property.Name, name, StringComparison.OrdinalIgnoreCase))
            {
                value = property.Value;
                return true;
            }
        return false;
    }
}
