using System.Text.Json.Serialization;

namespace Dapr;

/// <summary>The attributes of a CloudEvent that a publisher chooses himself; published as it is, not wrapped again.</summary>
public class CloudEvent
{
    /// <summary>Where the event comes from; the sidecar fills in the app id if it is null.</summary>
    [JsonPropertyName("source")]
    public Uri? Source { get; init; }

    /// <summary>The kind of the event.</summary>
    [JsonPropertyName("type")]
    public string? Type { get; init; }

    /// <summary>What the event is about.</summary>
    [JsonPropertyName("subject")]
    public string? Subject { get; init; }
}

/// <summary>A CloudEvent with its data.</summary>
public class CloudEvent<TData>(TData data) : CloudEvent
{
    /// <summary>The data.</summary>
    [JsonPropertyName("data")]
    public TData Data { get; } = data;

    /// <summary>The content type of the data.</summary>
    [JsonPropertyName("datacontenttype")]
    public string DataContentType { get; } = "application/json";
}
