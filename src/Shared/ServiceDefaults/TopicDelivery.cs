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

    public void Dispose() => body.Dispose();
}
