using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.PubSub.CloudEvents;
using Microsoft.AspNetCore.Routing;
using MiniGrpc;

namespace LocalDapr.Runtime.PubSub;

/// <summary>Publishing and streams over gRPC.</summary>
internal static class PubSubGrpcService
{
    public static void MapPubSub(this IEndpointRouteBuilder grpc, PubSubBlock block)
    {
        grpc.MapDapr(DaprMethods.PublishEvent, (request, call) => PublishAsync(block.Components, request, call));
        grpc.MapDapr(DaprMethods.BulkPublishEvent, (request, call) => PublishBulkAsync(block.Components, request, call));
        grpc.MapDapr(DaprMethods.BulkPublishEventAlpha1, (request, call) => PublishBulkAsync(block.Components, request, call));
        grpc.MapDuplex(DaprMethods.SubscribeTopicEventsAlpha1, new StreamingSubscription(block).ServeAsync);
    }

    private static async ValueTask<Empty> PublishAsync(PubSubComponents components, PublishEventRequest request, ServerCall call)
    {
        var published = new PublishedEvent(request.PubsubName, request.Topic, request.Data.Memory, request.DataContentType)
        {
            Metadata = Insensitive(request.Metadata),
            Trace = TraceOf(call),
        };
        await components.PublishAsync(published, call.Cancellation);
        return new Empty();
    }

    private static async ValueTask<BulkPublishResponse> PublishBulkAsync(
        PubSubComponents components, BulkPublishRequest request, ServerCall call)
    {
        components.Target(request.PubsubName, request.Topic);
        var shared = Insensitive(request.Metadata);
        var raw = PubSubComponents.IsRaw(shared, request.PubsubName);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var entries = new List<PublishedEvent>(request.Entries.Count);
        var trace = TraceOf(call);
        foreach (var entry in request.Entries)
        {
            if (entry.EntryId.Length == 0 || !ids.Add(entry.EntryId))
                throw DaprErrors.PubSubEvents(
                    request.PubsubName, request.Topic, "DAPR_PUBSUB_MARSHAL_EVENTS", "entryId is duplicated or not present for entry");
            entries.Add(new PublishedEvent(request.PubsubName, request.Topic, entry.Event.Memory, entry.ContentType)
            {
                Metadata = Merge(entry.Metadata, shared),
                Trace = trace,
            });
        }
        await components.PublishBulkAsync(request.PubsubName, request.Topic, raw, entries, call.Cancellation);
        return new BulkPublishResponse();
    }

    private static Dictionary<string, string> Insensitive(IDictionary<string, string> metadata) =>
        new(metadata, StringComparer.OrdinalIgnoreCase);

    private static Dictionary<string, string> Merge(MapField<string, string> own, Dictionary<string, string> shared)
    {
        var merged = Insensitive(own);
        if (own.Count == 0) return merged;
        foreach (var (name, value) in shared) merged.TryAdd(name, value);
        return merged;
    }

    private static Trace TraceOf(ServerCall call) => new(call.Http.Request.Headers.TraceParent, call.Http.Request.Headers.TraceState);
}
