using System.Diagnostics;
using System.Text.Json;
using Dapr.AspNetCore;
using Microsoft.AspNetCore.Http;

namespace DaprOrders.ServiceDefaults;

/// <summary>
/// What the bus delivers of a topic at a time: many events, or one where a subscription resource without bulk delivery is in force.
/// The events are valid until it is disposed of.
/// </summary>
public sealed class TopicDelivery : IDisposable
{
    private static readonly ActivitySource Source = new("DaprOrders.Deliveries");
    private readonly JsonDocument body;
    private readonly bool isBulk;

    private TopicDelivery(JsonDocument body)
    {
        this.body = body;
        isBulk = body.RootElement.TryGetProperty("entries", out var entries);
        Entries = isBulk ? [.. entries.EnumerateArray().Select(entry => (entry.GetProperty("entryId").GetString()!, entry.GetProperty("event")))] : [("", body.RootElement)];
    }

    public IReadOnlyList<(string Id, JsonElement Event)> Entries { get; }

    public static async Task<TopicDelivery> ReadAsync(HttpRequest request, CancellationToken cancellation) =>
        new(await JsonDocument.ParseAsync(request.Body, cancellationToken: cancellation));

    /// <summary>Tells the bus what became of each; asked once an entry, in their order.</summary>
    public IResult Answer(Func<(string Id, JsonElement Event), BulkSubscribeAppResponseStatus> statusOf) => isBulk
        ? TypedResults.Ok(new BulkSubscribeAppResponse([.. Entries.Select(entry => new BulkSubscribeAppResponseEntry(entry.Id, statusOf(entry)))]))
        : TypedResults.Ok(new { status = statusOf(Entries[0]).ToString() });

    /// <summary>
    /// A span of what is done about the event, in the trace it carries: the request's header can name one trace, and a delivery is of many. Null where nobody
    /// listens. It is the current one of whoever asks.
    /// </summary>
    public static Activity? Continue(JsonElement cloudEvent, string name) => Source.HasListeners() ? Continue(TraceOf(cloudEvent), name, Text(cloudEvent, "id")) : null;

    /// <summary>The same, for what is done later.</summary>
    public static Activity? Continue(string? trace, string name, string? eventId) =>
        ActivityContext.TryParse(trace, null, isRemote: true, out var parent)
            ? Source.StartActivity(name, ActivityKind.Consumer, parent, [new("messaging.message.id", eventId)])
            : null;

    public static string? TraceOf(JsonElement cloudEvent) => Text(cloudEvent, "traceparent") is { Length: > 0 } trace ? trace : null;

    public void Dispose() => body.Dispose();

    private static string? Text(JsonElement cloudEvent, string attribute) =>
        cloudEvent.ValueKind == JsonValueKind.Object && cloudEvent.TryGetProperty(attribute, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
