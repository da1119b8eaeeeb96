using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using LocalDapr.Runtime.Invocation;
using LocalDapr.Runtime.PubSub.CloudEvents;

namespace LocalDapr.Runtime.PubSub.Delivery;

/// <summary>Hands events to an app that speaks HTTP: a POST an event, or a POST a batch.</summary>
internal sealed class HttpSubscriber(AppChannel app) : ISubscriber
{
    private static readonly JsonWriterOptions Options =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public async ValueTask<Outcome> DeliverAsync(Delivery delivery, CancellationToken cancellation)
    {
        try
        {
            var answer = await app.SendAsync(
                HttpMethod.Post, delivery.Path, "", HeadersOf(delivery), delivery.Event.Json, ContentTypes.CloudEvent, cancellation);
            return HttpAnswer.Read(answer.Status, answer.Body);
        }
        catch (HttpRequestException)
        {
            return Outcome.Retry;
        }
    }

    public async ValueTask<IReadOnlyList<Outcome>> DeliverBulkAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellation)
    {
        var first = deliveries[0];
        try
        {
            var answer = await app.SendAsync(
                HttpMethod.Post, first.Path, "", [new("pubsubName", first.PubSub)], Batch(deliveries), "application/json", cancellation);
            return HttpAnswer.ReadBulk(answer.Status, answer.Body, [.. deliveries.Select(d => d.EntryId)]);
        }
        catch (HttpRequestException)
        {
            return [.. deliveries.Select(_ => Outcome.Retry)];
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> HeadersOf(Delivery delivery)
    {
        yield return new("pubsubName", delivery.PubSub);
        foreach (var pair in delivery.Metadata) yield return pair;
        var parent = delivery.Event.Attribute("traceparent");
        if (parent.Length > 0) yield return new("traceparent", parent);
        var state = delivery.Event.Attribute("tracestate");
        if (state.Length > 0) yield return new("tracestate", state);
    }

    private static ReadOnlyMemory<byte> Batch(IReadOnlyList<Delivery> deliveries)
    {
        var buffer = new ArrayBufferWriter<byte>(deliveries.Sum(d => d.Event.Json.Length + 160) + 256);
        using var json = new Utf8JsonWriter(buffer, Options);
        json.WriteStartObject();
        json.WriteString("id", Guid.NewGuid().ToString());
        json.WriteStartArray("entries");
        foreach (var delivery in deliveries)
        {
            json.WriteStartObject();
            json.WriteString("entryId", delivery.EntryId);
            if (delivery.Raw is { } raw)
            {
                json.WriteBase64String("event", raw.Span);
                json.WriteString("contentType", ContentTypes.Binary);
            }
            else
            {
                json.WritePropertyName("event");
                json.WriteRawValue(delivery.Event.Json.Span, skipInputValidation: true);
                json.WriteString("contentType", ContentTypes.CloudEvent);
            }
            WriteMetadata(json, delivery.Metadata);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        WriteMetadata(json, new Dictionary<string, string> { ["pubsubName"] = deliveries[0].PubSub });
        json.WriteString("topic", deliveries[0].Topic);
        json.WriteString("pubsubname", deliveries[0].PubSub);
        json.WriteString("type", Envelope.BulkType);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        json.WriteStartObject("metadata");
        foreach (var (name, value) in metadata) json.WriteString(name, value);
        json.WriteEndObject();
    }
}
