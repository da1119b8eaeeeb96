using System.Buffers;
using System.Reflection;
using System.Text.Json;

namespace Dapr.Actors.Wire;

/// <summary>
/// Bodies of typed calls: data contracts, or where both sides are told so JSON, <c>{"value": {"argument": …}}</c> and
/// <c>{"value": {"retVal": …}}</c>. Both as the official SDK has them. A call without arguments and an answer without a result have no body.
/// </summary>
internal static class TypedBody
{
    public const string Result = "retVal";

    /// <param name="json">Null for data contracts.</param>
    public static byte[]? Write(string method, ParameterInfo[] parameters, object?[] args, JsonSerializerOptions? json)
    {
        if (parameters.Length == 0) return null;
        return json is null ? ContractBody.Write(method, parameters, args) : WriteJson(writer =>
        {
            for (var i = 0; i < parameters.Length; i++) WriteMember(writer, parameters[i].Name!, args[i], parameters[i].ParameterType, json);
        });
    }

    /// <param name="json">For a body that is JSON, which it shows.</param>
    public static object?[] Read(byte[] body, ParameterInfo[] parameters, JsonSerializerOptions json)
    {
        if (body.Length == 0 || parameters.Length == 0) return new object?[parameters.Length];
        if (!IsJson(body)) return ContractBody.Read(body, parameters);
        using var document = JsonDocument.Parse(body);
        var value = document.RootElement.GetProperty("value"u8);
        return [.. parameters.Select(parameter => Find(value, parameter.Name!) is { } arg ? arg.Deserialize(parameter.ParameterType, json) : null)];
    }

    /// <param name="json">Null for data contracts.</param>
    public static byte[] WriteResult(string method, object? result, Type type, JsonSerializerOptions? json) =>
        json is null ? ContractBody.WriteResult(method, result, type) : WriteJson(writer => WriteMember(writer, Result, result, type, json));

    /// <param name="json">For a body that is JSON, which it shows.</param>
    public static T? ReadResult<T>(byte[] body, JsonSerializerOptions json)
    {
        if (body.Length == 0) return default;
        if (!IsJson(body)) return ContractBody.ReadResult<T>(body);
        using var document = JsonDocument.Parse(body);
        return Find(document.RootElement.GetProperty("value"u8), Result) is { } value ? value.Deserialize<T>(json) : default;
    }

    /// <summary>Binary XML never begins so.</summary>
    public static bool IsJson(byte[] body) => body is [(byte)'{', ..];

    private static byte[] WriteJson(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("value"u8);
            members(writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteMember(Utf8JsonWriter writer, string name, object? value, Type type, JsonSerializerOptions json)
    {
        writer.WritePropertyName(json.PropertyNamingPolicy?.ConvertName(name) ?? name);
        JsonSerializer.Serialize(writer, value, type, json);
    }

    private static JsonElement? Find(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.Object) return null;
        foreach (var member in value.EnumerateObject())
            if (member.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) return member.Value;
        return null;
    }
}
