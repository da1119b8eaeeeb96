using System.Text.Json.Serialization;

namespace Dapr;

/// <summary>An event that carries its own CloudEvents attributes; what is left out the sidecar fills in.</summary>
public class CloudEvent
{
    /// <summary>Where it comes from.</summary>
    [JsonPropertyName("source")]
    public Uri Source { get; init; } = null!;

    /// <summary>What kind it is.</summary>
    [JsonPropertyName("type")]
    public string Type { get; init; } = null!;

    /// <summary>What it is about.</summary>
    [JsonPropertyName("subject")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string Subject { get; init; } = null!;
}

/// <summary>A CloudEvent with its data, as JSON.</summary>
public class CloudEvent<TData>(TData data) : CloudEvent
{
    /// <summary>The data.</summary>
    [JsonPropertyName("data")]
    public TData Data { get; } = data;

    /// <summary>Always application/json.</summary>
    [JsonPropertyName("datacontenttype")]
    public string DataContentType { get; } = "application/json";
}
