using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Ordering.Publishing;

/// <summary>
/// The topic of the orders' events, in bulk, with the order id as partition key. Over the sidecar's HTTP API: the SDK's bulk publish has no metadata an
/// entry, and a key for the whole bulk would be one partition. Safe for concurrent use.
/// </summary>
internal sealed class OrdersTopic : IDisposable
{
    /// <summary>What the brokers' components read: Kafka, Pub/Sub and Service Bus in this order. The others take a key from their settings, or have none.</summary>
    private static readonly string[] Keys = ["partitionKey", "orderingKey", "SessionId"];
    private readonly HttpClient http = new(OutgoingHttp.ToSidecar());
    private readonly Uri address;

    public OrdersTopic(IConfiguration configuration)
    {
        address = new Uri($"{SidecarAddress.Of(configuration)}/v1.0/publish/bulk/{Topics.PubSub}/{Topics.Orders}");
        if (configuration["DAPR_API_TOKEN"] is { Length: > 0 } token) http.DefaultRequestHeaders.Add("dapr-api-token", token);
    }

    /// <summary>The events that the bus did not take, with the reason; throws when it took none or it is not known which.</summary>
    public async Task<IReadOnlyDictionary<StoredEvent, string>> PublishAsync(IReadOnlyList<StoredEvent> events, CancellationToken cancellation)
    {
        using var spans = PublishSpans.Begin(events);
        using var content = new ReadOnlyMemoryContent(Body(events, spans));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await http.PostAsync(address, content, cancellation);
        if (answer.IsSuccessStatusCode) return new Dictionary<StoredEvent, string>();
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        var failed = FailedEntries(text);
        spans.Fail(stored => failed.Count == 0 || failed.ContainsKey(stored.Id), $"{(int)answer.StatusCode}");
        if (failed.Count == 0) throw new HttpRequestException($"The sidecar answered {(int)answer.StatusCode}: {text}");
        return events.Where(stored => failed.ContainsKey(stored.Id)).ToDictionary(stored => stored, stored => failed[stored.Id]);
    }

    public void Dispose() => http.Dispose();

    private static ReadOnlyMemory<byte> Body(IReadOnlyList<StoredEvent> events, PublishSpans spans)
    {
        var buffer = new ArrayBufferWriter<byte>(events.Count * 1024);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartArray();
        foreach (var stored in events)
        {
            json.WriteStartObject();
            json.WriteString("entryId", stored.Id);
            json.WriteString("contentType", "application/cloudevents+json");
            json.WritePropertyName("event");
            WriteCloudEvent(json, stored, spans.TraceOf(stored));
            json.WriteStartObject("metadata");
            foreach (var key in Keys) json.WriteString(key, stored.OrderId);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void WriteCloudEvent(Utf8JsonWriter json, StoredEvent stored, string? trace)
    {
        json.WriteStartObject();
        json.WriteString("specversion", "1.0");
        json.WriteString("id", stored.Id);
        json.WriteString("source", "/ordering");
        json.WriteString("type", OrderEventNames.Type(stored.Name));
        json.WriteString("subject", stored.OrderId);
        json.WriteString("datacontenttype", "application/json");
        if (trace is not null) // both, as the runtime fills them in: it leaves alone what is there, and subscribers go on in it
        {
            json.WriteString("traceid", trace);
            json.WriteString("traceparent", trace);
        }

        json.WritePropertyName("data");
        json.WriteRawValue(stored.Data, skipInputValidation: true); // we wrote it
        json.WriteEndObject();
    }

    /// <summary>Entry id → error of an answer to a bulk of which a part was taken; empty for any other answer.</summary>
    private static Dictionary<string, string> FailedEntries(string answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("failedEntries", out var entries) || entries.ValueKind != JsonValueKind.Array) return [];
            return entries.EnumerateArray().ToDictionary(entry => entry.GetProperty("entryId").GetString()!, entry => entry.TryGetProperty("error", out var error) ? error.GetString() ?? "" : "");
        }
        catch (JsonException)
        {
            return []; // a proxy's page, say
        }
    }
}
