using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Invocation;
using LocalDapr.Runtime.PubSub.CloudEvents;
using LocalDapr.Runtime.Telemetry.Traces;

namespace LocalDapr.Runtime.PubSub.Delivery;

/// <summary>Hands events to an app that speaks HTTP: a POST an event, or a POST a batch.</summary>
internal sealed class HttpSubscriber(AppChannel app, Spans? spans = null) : ISubscriber
{
    private static readonly JsonWriterOptions Options =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public async ValueTask<Outcome> DeliverAsync(Delivery delivery, CancellationToken cancellation)
    {
        using var span = spans.Begin(delivery);
        try
        {
            var answer = await app.SendAsync(
                HttpMethod.Post, delivery.Path, "", HeadersOf(delivery, span), delivery.Event.Json, ContentTypes.CloudEvent, cancellation);
            span?.FailOf(answer.Status);
            return HttpAnswer.Read(answer.Status, answer.Body);
        }
        catch (HttpRequestException error)
        {
            span?.Fail(error.Message);
            return Outcome.Retry;
        }
    }

    public async ValueTask<IReadOnlyList<Outcome>> DeliverBulkAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellation)
    {
        var first = deliveries[0];
        var entries = spans.Begin(deliveries);
        try
        {
            var answer = await app.SendAsync(
                HttpMethod.Post, first.Path, "", BulkHeaders(first, entries), Batch(deliveries), "application/json", cancellation);
            foreach (var span in entries) span.FailOf(answer.Status);
            return HttpAnswer.ReadBulk(answer.Status, answer.Body, [.. deliveries.Select(d => d.EntryId)]);
        }
        catch (HttpRequestException error)
        {
            foreach (var span in entries) span.Fail(error.Message);
            return [.. deliveries.Select(_ => Outcome.Retry)];
        }
        finally
        {
            foreach (var span in entries) span.Dispose();
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> HeadersOf(Delivery delivery, Span? span)
    {
        yield return new("pubsubName", HeaderBytes.OfText(delivery.PubSub));
        foreach (var pair in HeaderBytes.OfTexts(delivery.Metadata)) yield return pair;
        foreach (var header in delivery.TraceHeaders(span)) yield return header;
    }

    // A batch has many traces and its request one header: the last one's, as in daprd. Each event tells its own.
    private static IEnumerable<KeyValuePair<string, string>> BulkHeaders(Delivery first, IReadOnlyList<Span> spans)
    {
        yield return new("pubsubName", HeaderBytes.OfText(first.PubSub));
        if (spans.Count > 0) yield return new("traceparent", spans[^1].TraceParent);
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
