using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Dapr.AspNetCore;

/// <summary>The body and the content type that a CloudEvent's data becomes. Null is an event that has its data twice.</summary>
internal sealed record CloudEventBody(byte[] Bytes, string? ContentType)
{
    private const string Json = "application/json";

    public static CloudEventBody? Of(JsonElement cloudEvent, bool keepTextAsJson)
    {
        var hasData = Find(cloudEvent, "data") is not null;
        if (hasData && Find(cloudEvent, "data_base64") is not null) return null;
        var (contentType, isJson) = ContentTypeOf(cloudEvent);
        if (Find(cloudEvent, "data_base64") is { } base64) return new(base64.GetBytesFromBase64(), contentType);
        if (Find(cloudEvent, "data") is not { } data) return new([], null);

        // Data that is no JSON has to be a JSON string in the event; so whatever is no string is JSON, whatever its type says.
        return data.ValueKind != JsonValueKind.String || isJson || keepTextAsJson
            ? new(JsonSerializer.SerializeToUtf8Bytes(data), contentType)
            : new(Encoding.UTF8.GetBytes(data.GetString()!), contentType);
    }

    private static (string Text, bool IsJson) ContentTypeOf(JsonElement cloudEvent)
    {
        if (Find(cloudEvent, "datacontenttype") is not { ValueKind: JsonValueKind.String } given || !MediaTypeHeaderValue.TryParse(given.GetString(), out var parsed))
            return (Json, true);

        // A string of another JSON type ("…+json") becomes plain text: the official SDK does so, and an app must see the same from both.
        var isJson = parsed.MediaType.Equals(Json, StringComparison.Ordinal);
        if (!parsed.Charset.HasValue) return (given.GetString()!, isJson);

        // The body is UTF-8 from here on, whatever the event's data came in.
        parsed.Charset = StringSegment.Empty;
        return (parsed.ToString(), isJson);
    }

    private static JsonElement? Find(JsonElement cloudEvent, string name)
    {
        foreach (var property in cloudEvent.EnumerateObject())
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) return property.Value;
        return null;
    }
}
