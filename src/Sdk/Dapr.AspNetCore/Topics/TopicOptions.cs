namespace Dapr;

#pragma warning disable CA1051 // a field in the official SDK
#pragma warning disable CA1819 // arrays in the official SDK

/// <summary>What a topic subscription is to be.</summary>
public class TopicOptions
{
    /// <summary>Metadata of the subscription, for the component.</summary>
    public IDictionary<string, string>? Metadata;

    /// <summary>The topic.</summary>
    public string Name { get; set; } = null!;

    /// <summary>The pub/sub component.</summary>
    public string PubsubName { get; set; } = null!;

    /// <summary>Whether messages come as they were published, in no CloudEvent.</summary>
    public bool EnableRawPayload { get; set; }

    /// <summary>A CEL expression over the event; null takes what no expression matches.</summary>
    public string? Match { get; set; }

    /// <summary>Expressions are tried from the lowest number up.</summary>
    public int Priority { get; set; }

    /// <summary>Ids of <see cref="TopicMetadataAttribute"/> items that are this topic's.</summary>
    public string[]? OwnedMetadatas { get; set; }

    /// <summary>Joins the values of items with one name; a comma unless set.</summary>
    public string? MetadataSeparator { get; set; }

    /// <summary>Where a message goes that could not be handled.</summary>
    public string? DeadLetterTopic { get; set; }
}

/// <summary>What holds for all subscriptions of the application.</summary>
public class SubscribeOptions
{
    /// <summary>Whether messages come as they were published, in no CloudEvent.</summary>
    public bool EnableRawPayload { get; set; }
}
