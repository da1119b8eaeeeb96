using Dapr;
using Dapr.AspNetCore;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Subscribes endpoints to topics.</summary>
public static class DaprEndpointConventionBuilderExtensions
{
    /// <summary>Delivers the messages of a topic to this endpoint.</summary>
    public static T WithTopic<T>(this T builder, string pubsubName, string name)
        where T : IEndpointConventionBuilder => builder.WithTopic(new TopicOptions { PubsubName = pubsubName, Name = name });

    /// <summary>Delivers the messages of a topic to this endpoint, with metadata for the component.</summary>
    public static T WithTopic<T>(this T builder, string pubsubName, string name, IDictionary<string, string> metadata)
        where T : IEndpointConventionBuilder => builder.WithTopic(new TopicOptions { PubsubName = pubsubName, Name = name, Metadata = metadata });

    /// <summary>Delivers the messages of a topic to this endpoint, with or without their CloudEvent.</summary>
    public static T WithTopic<T>(this T builder, string pubsubName, string name, bool enableRawPayload)
        where T : IEndpointConventionBuilder =>
        builder.WithTopic(new TopicOptions { PubsubName = pubsubName, Name = name, EnableRawPayload = enableRawPayload });

    /// <summary>Delivers the messages of a topic to this endpoint, with or without their CloudEvent, with metadata for the component.</summary>
    public static T WithTopic<T>(this T builder, string pubsubName, string name, bool enableRawPayload, IDictionary<string, string> metadata)
        where T : IEndpointConventionBuilder =>
        builder.WithTopic(new TopicOptions { PubsubName = pubsubName, Name = name, EnableRawPayload = enableRawPayload, Metadata = metadata });

    /// <summary>Delivers the messages of a topic to this endpoint.</summary>
    public static T WithTopic<T>(this T builder, TopicOptions topicOptions)
        where T : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(topicOptions);

        // Items given here are this topic's alone, another topic of the same endpoint may have its own.
        var own = topicOptions.Metadata is { Count: > 0 } ? Guid.NewGuid().ToString("N") : null;
        var topic = new TopicAttribute(topicOptions.PubsubName, topicOptions.Name)
        {
            EnableRawPayload = topicOptions.EnableRawPayload,
            Match = topicOptions.Match,
            Priority = topicOptions.Priority,
            OwnedMetadatas = own is null ? topicOptions.OwnedMetadatas : [.. topicOptions.OwnedMetadatas ?? [], own],
            MetadataSeparator = topicOptions.MetadataSeparator,
            DeadLetterTopic = topicOptions.DeadLetterTopic,
        };
        builder.WithMetadata([topic, .. own is null ? [] : topicOptions.Metadata!.Select(item => new TopicMetadataAttribute(own, item.Key, item.Value))]);
        return builder;
    }

    /// <summary>Delivers the messages of one of the endpoint's topics many at a time.</summary>
    public static T WithBulkSubscribe<T>(this T builder, BulkSubscribeTopicOptions bulkSubscribeTopicOptions)
        where T : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(bulkSubscribeTopicOptions);
        builder.WithMetadata(new BulkSubscribeAttribute(
            bulkSubscribeTopicOptions.TopicName, bulkSubscribeTopicOptions.MaxMessagesCount, bulkSubscribeTopicOptions.MaxAwaitDurationMs));
        return builder;
    }
}
