using Dapr;
using Dapr.AspNetCore;
using DaprOrders.Contracts;
using DaprOrders.Notifications.DeadLetters;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Notifications.Subscriptions;

/// <summary>
/// Takes the orders' events in bulk and tells the customer of each that ends an order. An event that cannot be handled now is tried again by the bus, alone,
/// and ends in the dead-letter topic; one that nobody will ever understand goes there at once.
/// </summary>
internal static partial class OnOrderEvent
{
    public static void MapOrderEvents(this IEndpointRouteBuilder routes) => routes.MapPost("/on-order-event", HandleAsync)
        .WithTopic(new TopicOptions { PubsubName = Topics.PubSub, Name = Topics.Orders, DeadLetterTopic = Topics.NotificationsDead, Metadata = Topics.Queue })
        .WithBulkSubscribe(new BulkSubscribeTopicOptions { TopicName = Topics.Orders, MaxMessagesCount = 250, MaxAwaitDurationMs = 50 });

    private static async Task<IResult> HandleAsync(
        HttpContext context, OrderNews news, FailureNotes notes, ILogger<OrderNews> log, CancellationToken cancellation)
    {
        using var delivery = await TopicDelivery.ReadAsync(context.Request, cancellation);
        var outcomes = new Dictionary<string, BulkSubscribeAppResponseStatus>();
        var errors = new Dictionary<string, string>();
        var heard = new List<(string Id, HeardEvent Event)>();
        foreach (var (id, cloudEvent) in delivery.Entries)
        {
            if (OrderEvents.Parse(cloudEvent, out var problem) is { } order)
            {
                heard.Add((id, order));
                continue;
            }

            outcomes[id] = BulkSubscribeAppResponseStatus.DROP;
            errors[OrderEvents.IdOf(cloudEvent)] = problem!;
            NotUnderstood(log, problem!);
        }

        var failed = await news.TellAsync([.. heard.Select(entry => entry.Event)], cancellation);
        foreach (var (id, order) in heard.Where(entry => failed.ContainsKey(entry.Event.EventId)))
        {
            outcomes[id] = BulkSubscribeAppResponseStatus.RETRY;
            errors[order.EventId] = failed[order.EventId];
            NotTold(log, order.Order.OrderId, order.Order.Version, failed[order.EventId]);
        }

        await notes.AddAsync(errors, cancellation);
        return delivery.Answer(entry => outcomes.GetValueOrDefault(entry.Id, BulkSubscribeAppResponseStatus.SUCCESS));
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The customer of {OrderId} was not told of event {Version}, trying again: {Reason}")]
    private static partial void NotTold(ILogger logger, string orderId, long version, string reason);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "An event on the bus goes to the dead letters: {Reason}")]
    private static partial void NotUnderstood(ILogger logger, string reason);
}
