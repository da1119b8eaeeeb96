using MiniGrpc;

namespace LocalDapr.Runtime;

/// <summary>The errors of publishing.</summary>
internal static partial class DaprErrors
{
    public static DaprError PubSubNotFound(string pubsub) =>
        new("ERR_PUBSUB_NOT_FOUND", 404, StatusCode.InvalidArgument, $"pubsub {pubsub} is not found") { Reason = "DAPR_PUBSUB_NOT_FOUND" };

    public static DaprError PubSubNameEmpty() =>
        new("ERR_PUBSUB_EMPTY", 404, StatusCode.InvalidArgument, "pubsub name is empty")
        {
            Reason = "DAPR_PUBSUB_NAME_EMPTY", Resource = PubSubResource(""),
        };

    public static DaprError PubSubTopicEmpty(string pubsub) =>
        new("ERR_TOPIC_NAME_EMPTY", 404, StatusCode.InvalidArgument, $"topic is empty in pubsub {pubsub}")
        {
            Reason = "DAPR_PUBSUB_TOPIC_NAME_EMPTY", Resource = PubSubResource(pubsub),
        };

    public static DaprError PubSubForbidden(string pubsub, string topic, string appId) =>
        new("ERR_PUBSUB_FORBIDDEN", 403, StatusCode.PermissionDenied, $"topic {topic} is not allowed for app id {appId}")
        {
            Reason = "DAPR_PUBSUB_FORBIDDEN", Resource = PubSubResource(pubsub),
        };

    public static DaprError PubSubMetadata(string pubsub, string why) =>
        new("ERR_PUBSUB_REQUEST_METADATA", 400, StatusCode.InvalidArgument, $"failed deserializing metadata. Error: {why}")
        {
            Reason = "DAPR_PUBSUB_METADATA_DESERIALIZATION", Resource = PubSubResource(pubsub),
        };

    public static DaprError PubSubCloudEvent(string pubsub, string appId) =>
        new("ERR_PUBSUB_CLOUD_EVENTS_SER", 500, StatusCode.InvalidArgument, "cannot create cloudevent")
        {
            Reason = "DAPR_PUBSUB_CLOUD_EVENT_CREATION",
            Resource = PubSubResource(pubsub),
            Info = new Dictionary<string, string> { ["appID"] = appId },
        };

    /// <summary>The list of a bulk publish is wrong; the reason says in which part.</summary>
    public static DaprError PubSubEvents(string pubsub, string topic, string reason, string why) =>
        new("ERR_PUBSUB_EVENTS_SER", 400, StatusCode.InvalidArgument,
            $"error when unmarshaling the request for topic {topic} pubsub {pubsub}: {why}")
        {
            Reason = reason, Resource = PubSubResource(pubsub),
        };

    public static DaprError PubSubPublish(string pubsub, string topic, string why) =>
        new("ERR_PUBSUB_PUBLISH_MESSAGE", 500, StatusCode.Internal, $"error when publish to topic {topic} in pubsub {pubsub}: {why}")
        {
            Reason = "DAPR_PUBSUB_PUBLISH_MESSAGE", Resource = PubSubResource(pubsub),
        };

    private static ResourceInfo PubSubResource(string pubsub) => new("pubsub", pubsub);
}
