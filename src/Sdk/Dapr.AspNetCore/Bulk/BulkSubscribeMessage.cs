namespace Dapr.AspNetCore;

#pragma warning disable CA1002, CA2227 // lists that can be set in the official SDK

/// <summary>What a bulk delivery carries.</summary>
public class BulkSubscribeMessage<TValue>
{
    /// <summary>For the deserializer.</summary>
    public BulkSubscribeMessage()
    {
    }

    /// <summary>A delivery of these entries.</summary>
    public BulkSubscribeMessage(List<BulkSubscribeMessageEntry<TValue>> entries, string topic, Dictionary<string, string> metadata) =>
        (Entries, Topic, Metadata) = (entries, topic, metadata);

    /// <summary>One for each message.</summary>
    public List<BulkSubscribeMessageEntry<TValue>> Entries { get; set; } = [];

    /// <summary>The topic.</summary>
    public string Topic { get; set; } = null!;

    /// <summary>Of the delivery.</summary>
    public Dictionary<string, string> Metadata { get; set; } = [];
}

/// <summary>One message of a bulk delivery.</summary>
public class BulkSubscribeMessageEntry<TValue>
{
    /// <summary>For the deserializer.</summary>
    public BulkSubscribeMessageEntry()
    {
    }

    /// <summary>An entry with its event.</summary>
    public BulkSubscribeMessageEntry(string entryId, string contentType, Dictionary<string, string> metadata, TValue eventData) =>
        (EntryId, ContentType, Metadata, Event) = (entryId, contentType, metadata, eventData);

    /// <summary>What the answer names this message by.</summary>
    public string EntryId { get; set; } = null!;

    /// <summary>Of the event.</summary>
    public string ContentType { get; set; } = null!;

    /// <summary>Of the message.</summary>
    public Dictionary<string, string> Metadata { get; set; } = [];

    /// <summary>The event: a <see cref="BulkMessageModel{TValue}"/>, or what was published when the subscription is raw.</summary>
    public TValue Event { get; set; } = default!;
}

/// <summary>A CloudEvent in a bulk delivery.</summary>
public class BulkMessageModel<TValue>
{
    /// <summary>For the deserializer.</summary>
    public BulkMessageModel()
    {
    }

    /// <summary>A CloudEvent with its data.</summary>
#pragma warning disable CA1054 // text in the official SDK
    public BulkMessageModel(string id, string source, string type, string specversion, string datacontenttype, TValue data) =>
        (Id, Source, Type, Specversion, Datacontenttype, Data) = (id, source, type, specversion, datacontenttype, data);
#pragma warning restore CA1054

    /// <summary>The event's id.</summary>
    public string Id { get; set; } = null!;

    /// <summary>Where it comes from.</summary>
    public string Source { get; set; } = null!;

    /// <summary>Its kind.</summary>
    public string Type { get; set; } = null!;

    /// <summary>The version of the CloudEvents specification.</summary>
    public string Specversion { get; set; } = null!;

    /// <summary>The content type of the data.</summary>
    public string Datacontenttype { get; set; } = null!;

    /// <summary>The data.</summary>
    public TValue Data { get; set; } = default!;
}
