using System.Text.Json;

namespace Dapr.Common.Serialization;

/// <summary>How inputs, results and events become text. Must read what earlier versions of the app wrote: it lies in histories.</summary>
public interface IDaprSerializer
{
    string Serialize<T>(T value);

    string Serialize(object? value, Type? inputType = null);

    T? Deserialize<T>(string? data);

    object? Deserialize(string? data, Type returnType);
}

/// <summary>JSON with the defaults of the web and fields. Nothing is the empty string.</summary>
public class JsonDaprSerializer : IDaprSerializer
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web) { IncludeFields = true };
    private readonly JsonSerializerOptions _options;

    public JsonDaprSerializer()
        : this(Web)
    {
    }

    public JsonDaprSerializer(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
    }

    // By the value's own type, as official workers write it: the declared one is often object.
    public string Serialize<T>(T value) => Serialize(value, null);

    public string Serialize(object? value, Type? inputType = null) =>
        value is null ? string.Empty : JsonSerializer.Serialize(value, inputType ?? value.GetType(), _options);

    public T? Deserialize<T>(string? data) => string.IsNullOrEmpty(data) ? default : JsonSerializer.Deserialize<T>(data, _options);

    /// <summary>As Serialize, in UTF-8.</summary>
    public byte[] SerializeToUtf8Bytes<T>(T value) => value is null ? [] : JsonSerializer.SerializeToUtf8Bytes(value, value.GetType(), _options);

    /// <summary>As Deserialize, from UTF-8.</summary>
    public T? DeserializeFromUtf8Bytes<T>(ReadOnlySpan<byte> utf8Json) => utf8Json.IsEmpty ? default : JsonSerializer.Deserialize<T>(utf8Json, _options);

    public object? Deserialize(string? data, Type returnType)
    {
        ArgumentNullException.ThrowIfNull(returnType);
        return string.IsNullOrEmpty(data) ? null : JsonSerializer.Deserialize(data, returnType, _options);
    }
}
