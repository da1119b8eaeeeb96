using System.Text.Json;
using Dapr;
using Dapr.AspNetCore;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Notifications.Subscriptions;

/// <summary>
/// Takes the orders' events in bulk and tells the customer of each that ends an order. An event that cannot be handled is tried again by the bus, alone,
/// and ends in the dead-letter topic.
/// </summary>
internal static partial class OnOrderEvent
{
    public const string DeadLetters = "orders-notifications-dead";
    private sealed record Entry(string Id, OrderEvent Order);

    public static void MapOrderEvents(this IEndpointRouteBuilder routes) => routes.MapPost("/on-order-event", HandleAsync)
        .WithTopic(new TopicOptions { PubsubName = Topics.PubSub, Name = Topics.Orders, DeadLetterTopic = DeadLetters })
        .WithBulkSubscribe(new BulkSubscribeTopicOptions { TopicName = Topics.Orders, MaxMessagesCount = 500, MaxAwaitDurationMs = 50 });

    private static async Task<IResult> HandleAsync(HttpContext context, TellCustomer tell, IConfiguration configuration, ILogger<TellCustomer> log, CancellationToken cancellation)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: cancellation);
        var isBulk = body.RootElement.TryGetProperty("entries", out var entries); // else a subscription resource without bulk delivery is in force
        var failed = new HashSet<string>();
        var ends = new List<Entry>();
        foreach (var (id, cloudEvent) in isBulk ? entries.EnumerateArray().Select(e => (e.GetProperty("entryId").GetString()!, e.GetProperty("event"))) : [("", body.RootElement)])
        {
            if (Parse(cloudEvent, log) is not { } order) failed.Add(id);
            else if (order.Status is "confirmed" or "rejected" or "cancelled" or "refunded") ends.Add(new Entry(id, order));
        }

        var atATime = configuration.GetValue("MAILS_AT_A_TIME", 8); // 1 for a binding that mixes up concurrent mails, as daprd's SMTP does
        await Parallel.ForEachAsync(ends, new ParallelOptions { MaxDegreeOfParallelism = atATime, CancellationToken = cancellation }, async (entry, ct) =>
        {
            if (await TellAsync(tell, entry.Order, log, ct)) return;
            lock (failed) failed.Add(entry.Id);
        });

        if (!isBulk) return failed.Count == 0 ? TypedResults.Ok() : TypedResults.StatusCode(StatusCodes.Status500InternalServerError);
        return TypedResults.Ok(new BulkSubscribeAppResponse([.. entries.EnumerateArray().Select(e => e.GetProperty("entryId").GetString()!)
            .Select(id => new BulkSubscribeAppResponseEntry(id, failed.Contains(id) ? BulkSubscribeAppResponseStatus.RETRY : BulkSubscribeAppResponseStatus.SUCCESS))]));
    }

    private static OrderEvent? Parse(JsonElement cloudEvent, ILogger log)
    {
        try
        {
            return cloudEvent.GetProperty("data").Deserialize<OrderEvent>(Defaults.Json);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            NotUnderstood(log, e.Message);
            return null;
        }
    }

    private static async Task<bool> TellAsync(TellCustomer tell, OrderEvent order, ILogger log, CancellationToken cancellation)
    {
        try
        {
            await tell.OfEndAsync(order, cancellation);
            return true;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            NotTold(log, order.OrderId, order.Version, e.Message);
            return false;
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The customer of {OrderId} was not told of event {Version}, trying again: {Reason}")]
    private static partial void NotTold(ILogger logger, string orderId, long version, string reason);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "An event on the bus could not be understood: {Reason}")]
    private static partial void NotUnderstood(ILogger logger, string reason);
}
