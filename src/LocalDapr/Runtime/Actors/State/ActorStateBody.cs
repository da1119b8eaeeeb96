using System.Text.Json;
using LocalDapr.Runtime.State;

namespace LocalDapr.Runtime.Actors.State;

/// <summary>The JSON array of a transaction. Names match in any case, kinds of values must be those of the API.</summary>
internal static class ActorStateBody
{
    public static List<ActorStateOperation> Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body.Span, GoJsonWriter.ReaderOptions);
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind == JsonValueKind.Null) return [];
            if (document.RootElement.ValueKind != JsonValueKind.Array) throw DaprErrors.Malformed("a JSON array is expected");
            var operations = new List<ActorStateOperation>(document.RootElement.GetArrayLength());
            foreach (var item in document.RootElement.EnumerateArray()) operations.Add(Read(item));
            return operations;
        }
        catch (JsonException error)
        {
            throw DaprErrors.Malformed(error.Message);
        }
    }

    private static ActorStateOperation Read(JsonElement item)
    {
        if (item.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null)) throw DaprErrors.Malformed("an operation is no object");
        var operation = item.Member("operation") switch
        {
            null or { ValueKind: JsonValueKind.Null } => "",
            { ValueKind: JsonValueKind.String } text => text.GetString()!,
            _ => throw DaprErrors.Malformed("operation must be a string"),
        };
        if (item.Member("request") is not { } request || request.ValueKind == JsonValueKind.Null) return Wrong(operation, "request data is empty");
        if (operation.Length == 0) return Wrong(operation, "operation is empty");
        if (request.ValueKind != JsonValueKind.Object) return Wrong(operation, "expected a map as request");
        if (NotText(request.Member("key"))) return Wrong(operation, "'key' expected type 'string'");
        if (NotText(request.Member("etag"))) return Wrong(operation, "'etag' expected type 'string'");
        var metadata = operation == "delete" ? null : request.Member("metadata");
        if (metadata is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Null) }) return Wrong(operation, "'metadata' expected a map");
        if (metadata is { ValueKind: JsonValueKind.Object } all && all.EnumerateObject().Any(p => NotText(p.Value)))
            return Wrong(operation, "'metadata' expected values of type 'string'");
        return new ActorStateOperation(operation, Text(request.Member("key")))
        {
            Value = request.Member("value") is { } value ? GoJsonWriter.Canonical(value) : "null"u8.ToArray(),
            IsText = true,
            ETag = Text(request.Member("etag")) is { Length: > 0 } etag ? etag : null,
            TtlInSeconds = Text(metadata?.Member("ttlInSeconds")),
        };
    }

    private static ActorStateOperation Wrong(string operation, string why) => new(operation, null) { Wrong = why };

    private static bool NotText(JsonElement? value) => value is { ValueKind: not (JsonValueKind.String or JsonValueKind.Null) };

    private static string? Text(JsonElement? value) => value is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
