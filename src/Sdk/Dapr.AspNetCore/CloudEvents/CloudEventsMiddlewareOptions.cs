namespace Dapr;

#pragma warning disable CA1819 // arrays in the official SDK

/// <summary>How a CloudEvent is unwrapped.</summary>
public class CloudEventsMiddlewareOptions
{
    /// <summary>Whether data that is text stays a JSON string rather than become plain text.</summary>
    public bool SuppressJsonDecodingOfTextPayloads { get; set; }

    /// <summary>Whether the event's attributes become headers, each as <c>Cloudevent.name</c>.</summary>
    public bool ForwardCloudEventPropertiesAsHeaders { get; set; }

    /// <summary>Only these attributes become headers; null for all.</summary>
    public string[]? IncludedCloudEventPropertiesAsHeaders { get; set; }

    /// <summary>These attributes do not become headers. Read only when there is no list of those that do.</summary>
    public string[]? ExcludedCloudEventPropertiesFromHeaders { get; set; }
}
