namespace LocalDapr.Runtime.PubSub.CloudEvents;

/// <summary>How Dapr reads content types: by the media type alone, and a <c>+json</c> suffix does not count as JSON.</summary>
internal static class ContentTypes
{
    public const string CloudEvent = "application/cloudevents+json";
    public const string Binary = "application/octet-stream";
    public const string Text = "text/plain";

    public static bool IsJson(string contentType) => Is(contentType, "application/json");

    public static bool IsCloudEvent(string contentType) => Is(contentType, CloudEvent);

    public static bool IsBinary(string contentType) => Is(contentType, Binary) || Is(contentType, "application/cloudevents+protobuf");

    private static bool Is(string contentType, string mediaType)
    {
        var end = contentType.IndexOf(';', StringComparison.Ordinal);
        var own = end < 0 ? contentType.AsSpan() : contentType.AsSpan(0, end);
        return own.Trim().Equals(mediaType, StringComparison.OrdinalIgnoreCase);
    }
}
