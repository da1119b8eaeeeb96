using System.Buffers;
using System.Reflection;
using System.Text.Json;

namespace Dapr.Actors.Wire;

/// <summary>
/// Bodies of typed calls: <c>{"value": …}</c>. One argument is the value itself, more are an object with a property per parameter,
/// none is null. The result comes back in the same envelope.
/// </summary>
internal static class TypedBody
{
    public static byte[] Write(ParameterInfo[] parameters, object?[] args, JsonSerializerOptions json)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("value"u8);
            if (parameters.Length == 0) writer.WriteNullValue();
            else if (parameters.Length == 1) JsonSerializer.Serialize(writer, args[0], parameters[0].ParameterType, json);
            else WriteMany(writer, parameters, args, json);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static object?[] Read(ReadOnlyMemory<byte> body, ParameterInfo[] parameters, JsonSerializerOptions json)
    {
        var args = new object?[parameters.Length];
        if (parameters.Length == 0) return args;
        using var document = JsonDocument.Parse(body);
        var value = document.RootElement.GetProperty("value"u8);
        if (parameters.Length == 1)
        {
            args[0] = value.Deserialize(parameters[0].ParameterType, json);
            return args;
        }

        for (var i = 0; i < parameters.Length; i++)
            if (value.TryGetProperty(parameters[i].Name!, out var arg)) args[i] = arg.Deserialize(parameters[i].ParameterType, json);
        return args;
    }

    public static byte[] WriteResult(object? result, Type type, JsonSerializerOptions json)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("value"u8);
            JsonSerializer.Serialize(writer, result, type, json);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static T? ReadResult<T>(ReadOnlyMemory<byte> body, JsonSerializerOptions json)
    {
        if (body.IsEmpty) return default;
        using var document = JsonDocument.Parse(body);
        return document.RootElement.TryGetProperty("value"u8, out var value) ? value.Deserialize<T>(json) : default;
    }

    private static void WriteMany(Utf8JsonWriter writer, ParameterInfo[] parameters, object?[] args, JsonSerializerOptions json)
    {
        writer.WriteStartObject();
        for (var i = 0; i < parameters.Length; i++)
        {
            writer.WritePropertyName(parameters[i].Name!);
            JsonSerializer.Serialize(writer, args[i], parameters[i].ParameterType, json);
        }

        writer.WriteEndObject();
    }
}
