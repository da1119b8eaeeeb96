using System.Text.Json;

namespace LocalDapr.Runtime.PubSub.Delivery;

/// <summary>What the HTTP answer of a subscriber means. Pure.</summary>
internal static class HttpAnswer
{
    public static Outcome Read(int status, ReadOnlyMemory<byte> body)
    {
        if (status == 404) return Outcome.Drop;
        if (status is < 200 or >= 300) return Outcome.Retry;
        if (body.Length == 0 || TryParse(body) is not { } document) return Outcome.Success;
        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !TryGet(root, "status", out var said)) return Outcome.Success;
            return said.ValueKind != JsonValueKind.String ? Outcome.Success : OfStatus(said.GetString(), ifEmpty: Outcome.Success);
        }
    }

    /// <summary>One outcome for each entry id, in order. What the app does not name is to be tried again; a 404 ends them all.</summary>
    public static IReadOnlyList<Outcome> ReadBulk(int status, ReadOnlyMemory<byte> body, IReadOnlyList<string> entryIds)
    {
        if (status == 404) return [.. entryIds.Select(_ => Outcome.Success)];
        var outcomes = new Dictionary<string, Outcome>(StringComparer.Ordinal);
        if (status is >= 200 and < 300 && TryParse(body) is { } document)
            using (document)
                if (document.RootElement.ValueKind == JsonValueKind.Object
                    && TryGet(document.RootElement, "statuses", out var statuses) && statuses.ValueKind == JsonValueKind.Array)
                    foreach (var entry in statuses.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.Object))
                        if (TryGet(entry, "entryId", out var id) && id.ValueKind == JsonValueKind.String)
                            outcomes[id.GetString()!] = OfStatus(Status(entry), Outcome.Retry);
        return [.. entryIds.Select(id => outcomes.GetValueOrDefault(id, Outcome.Retry))];
    }

    private static string? Status(JsonElement entry) =>
        TryGet(entry, "status", out var said) && said.ValueKind == JsonValueKind.String ? said.GetString() : null;

    private static Outcome OfStatus(string? status, Outcome ifEmpty) => status switch
    {
        "SUCCESS" => Outcome.Success,
        "DROP" => Outcome.Drop,
        "" => ifEmpty,
        _ => Outcome.Retry,
    };

    private static JsonDocument? TryParse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // Apps in Go and .NET name properties in their own casing.
    private static bool TryGet(JsonElement from, string name, out JsonElement value)
    {
        if (from.TryGetProperty(name, out value)) return true;
        foreach (var property in from.EnumerateObject())
            if (string.Equals(property.Name, name, StringComparison.OrdinalIgnoreCase))
            {
                value = property.Value;
                return true;
            }
        return false;
    }
}
