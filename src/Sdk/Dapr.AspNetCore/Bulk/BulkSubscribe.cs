namespace Dapr.AspNetCore;

#pragma warning disable CA1813 // not sealed in the official SDK

/// <summary>How many messages of a topic come at a time.</summary>
public interface IBulkSubscribeMetadata
{
    /// <summary>The topic, one that the endpoint takes.</summary>
    string TopicName { get; }

    /// <summary>Most messages in one delivery.</summary>
    int MaxMessagesCount { get; }

    /// <summary>Longest time a message waits for others, in milliseconds.</summary>
    int MaxAwaitDurationMs { get; }
}

/// <summary>Delivers the messages of one of the endpoint's topics many at a time.</summary>
[AttributeUsage(AttributeTargets.All, AllowMultiple = true)]
public class BulkSubscribeAttribute : Attribute, IBulkSubscribeMetadata
{
    /// <summary>Up to 100 messages, waited for up to a second.</summary>
    public BulkSubscribeAttribute(string topicName)
        : this(topicName, BulkSubscribeTopicOptions.DefaultCount)
    {
    }

    /// <summary>Up to this many messages, waited for up to a second.</summary>
    public BulkSubscribeAttribute(string topicName, int maxMessagesCount)
        : this(topicName, maxMessagesCount, BulkSubscribeTopicOptions.DefaultAwaitMs)
    {
    }

    /// <summary>Up to this many messages, waited for up to this time.</summary>
    public BulkSubscribeAttribute(string topicName, int maxMessagesCount, int maxAwaitDurationMs) =>
        (TopicName, MaxMessagesCount, MaxAwaitDurationMs) = (topicName, maxMessagesCount, maxAwaitDurationMs);

    /// <inheritdoc/>
    public string TopicName { get; }

    /// <inheritdoc/>
    public int MaxMessagesCount { get; }

    /// <inheritdoc/>
    public int MaxAwaitDurationMs { get; }
}

/// <summary>How many messages of a topic come at a time.</summary>
public class BulkSubscribeTopicOptions
{
    internal const int DefaultCount = 100;
    internal const int DefaultAwaitMs = 1000;

    /// <summary>The topic, one that the endpoint takes.</summary>
    public string TopicName { get; set; } = null!;

    /// <summary>Most messages in one delivery.</summary>
    public int MaxMessagesCount { get; set; } = DefaultCount;

    /// <summary>Longest time a message waits for others, in milliseconds.</summary>
    public int MaxAwaitDurationMs { get; set; } = DefaultAwaitMs;
}
