using System.Text.Json.Serialization;

namespace Dapr;

/// <summary>The attributes of a CloudEvent that a publisher chooses himself; published as it is, not wrapped again.</summary>
public class CloudEvent
{
    /// <summary>The event's id; the sidecar makes one if it is null.</summary>
    [JsonPropertyName("id")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }

    /// <summary>Where the event comes from; the sidecar fills in the app id if it is null.</summary>
    [JsonPropertyName("source")]
    public Uri? Source { get; init; }

    /// <summary>The version of the CloudEvents specification; the sidecar says 1.0 if it is null.</summary>
    [JsonPropertyName("specversion")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SpecVersion { get; init; }

    /// <summary>The kind of the event.</summary>
    [JsonPropertyName("type")]
    public string? Type { get; init; }

    /// <summary>When it happened.</summary>
    [JsonPropertyName("time")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Time { get; init; }

    /// <summary>What the event is about.</summary>
    [JsonPropertyName("subject")]
    public string? Subject { get; init; }

    /// <summary>The trace it belongs to.</summary>
    [JsonPropertyName("traceid")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceId { get; init; }

    /// <summary>The W3C trace parent.</summary>
    [JsonPropertyName("traceparent")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceParent { get; init; }

    /// <summary>The W3C trace state.</summary>
    [JsonPropertyName("tracestate")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceState { get; init; }
}

/// <summary>A CloudEvent with its data.</summary>
public class CloudEvent<TData>(TData data) : CloudEvent
{
    /// <summary>The data.</summary>
    public TData Data { get; } = data;

    /// <summary>The content type of the data.</summary>
    [JsonPropertyName("datacontenttype")]
    public string DataContentType { get; } = "application/json";
}
