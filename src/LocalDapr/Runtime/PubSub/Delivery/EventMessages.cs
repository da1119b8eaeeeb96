using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;

namespace LocalDapr.Runtime.PubSub.Delivery;

/// <summary>Events as the messages of gRPC apps and streams.</summary>
internal static class EventMessages
{
    public static TopicEventRequest ToRequest(Delivery delivery) => new()
    {
        Id = delivery.Event.Id,
        Source = delivery.Event.Attribute("source"),
        Type = delivery.Event.Attribute("type"),
        SpecVersion = delivery.Event.Attribute("specversion"),
        DataContentType = delivery.Event.ContentType,
        Data = delivery.Event.Data(),
        Topic = delivery.Topic,
        PubsubName = delivery.PubSub,
        Path = delivery.Path,
        Extensions = delivery.Event.Extensions(),
    };

    public static TopicEventBulkRequest ToBulkRequest(IReadOnlyList<Delivery> deliveries)
    {
        var first = deliveries[0];
        var request = new TopicEventBulkRequest
        {
            Id = Guid.NewGuid().ToString(),
            Topic = first.Topic,
            PubsubName = first.PubSub,
            Path = first.Path,
            Type = CloudEvents.Envelope.BulkType,
        };
        request.Entries.AddRange(deliveries.Select(ToEntry));
        return request;
    }

    public static Outcome ToOutcome(TopicEventResponse.Types.TopicEventResponseStatus status) => status switch
    {
        TopicEventResponse.Types.TopicEventResponseStatus.Success => Outcome.Success,
        TopicEventResponse.Types.TopicEventResponseStatus.Drop => Outcome.Drop,
        _ => Outcome.Retry,
    };

    private static TopicEventBulkRequestEntry ToEntry(Delivery delivery)
    {
        var entry = new TopicEventBulkRequestEntry { EntryId = delivery.EntryId };
        entry.Metadata.Add(new Dictionary<string, string>(delivery.Metadata));
        if (delivery.Raw is { } raw)
        {
            entry.Bytes = ByteString.CopyFrom(raw.Span);
            entry.ContentType = CloudEvents.ContentTypes.Binary;
            return entry;
        }
        entry.ContentType = CloudEvents.ContentTypes.CloudEvent;
        entry.CloudEvent = new TopicEventCERequest
        {
            Id = delivery.Event.Id,
            Source = delivery.Event.Attribute("source"),
            Type = delivery.Event.Attribute("type"),
            SpecVersion = delivery.Event.Attribute("specversion"),
            DataContentType = delivery.Event.ContentType,
            Data = delivery.Event.Data(),
            Extensions = delivery.Event.Extensions(),
        };
        return entry;
    }
}
