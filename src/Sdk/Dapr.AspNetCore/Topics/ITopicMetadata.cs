namespace Dapr;

/// <summary>A topic that an endpoint takes messages of.</summary>
public interface ITopicMetadata
{
    /// <summary>The topic.</summary>
    string Name { get; }

    /// <summary>The pub/sub component.</summary>
    string PubsubName { get; }

    /// <summary>A CEL expression over the event; null for the endpoint that takes what no expression matches.</summary>
    string? Match { get; }

    /// <summary>Expressions are tried from the lowest number up.</summary>
    int Priority { get; }
}

/// <summary>Whether messages come as they were published, in no CloudEvent.</summary>
public interface IRawTopicMetadata
{
    /// <summary>Null leaves it to the application's <see cref="SubscribeOptions"/>.</summary>
    bool? EnableRawPayload { get; }
}

/// <summary>Where a message goes that could not be handled.</summary>
public interface IDeadLetterTopicMetadata
{
    /// <summary>The topic, in the same pub/sub component; null for none.</summary>
    string? DeadLetterTopic { get; }
}

/// <summary>A metadata item of a subscription, for the component.</summary>
public interface IOriginalTopicMetadata
{
    /// <summary>Topics that own this id take the item; without an id every topic of the endpoint does.</summary>
    string? Id { get; }

    /// <summary>The item's name.</summary>
    string Name { get; }

    /// <summary>The item's value.</summary>
    string Value { get; }
}

/// <summary>Which metadata items a topic takes.</summary>
public interface IOwnedOriginalTopicMetadata
{
    /// <summary>Ids of the items that are this topic's.</summary>
    string[]? OwnedMetadatas { get; }

    /// <summary>Joins the values of items with one name; a comma unless set.</summary>
    string? MetadataSeparator { get; }
}
