using System.Text.Json;
using Dapr;
using Dapr.AspNetCore;
using DaprOrders.Auditor.Reconciliation;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Auditor;

/// <summary>
/// The ends of orders as the bus tells them, in bulk, among all their events: the next pass looks whether the event store knows each order. An end that nobody
/// will ever understand goes to the dead letters at once; when the audit cannot keep up, the bus is to come again.
/// </summary>
internal static partial class OnOrderEnd
{
    private const int MostWaiting = 100_000;
    private static readonly HashSet<string> Ends = [.. Reconcile.Terminals.Select(end => $"com.daprorders.order.{end}.v1")];

    public static void MapOrderEnds(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/on-order-end", HandleAsync)
            .WithTopic(new TopicOptions { PubsubName = Topics.PubSub, Name = Topics.Orders, DeadLetterTopic = Topics.AuditorDead, Metadata = Topics.Queue })
            .WithBulkSubscribe(new BulkSubscribeTopicOptions { TopicName = Topics.Orders, MaxMessagesCount = 250, MaxAwaitDurationMs = 1000 });
        routes.MapPost("/internal/order-end", (JsonElement cloudEvent, Audit audit) => TypedResults.Ok(new Taken(Take(cloudEvent, audit))));
    }

    private static async Task<IResult> HandleAsync(HttpContext context, Audit audit, ILogger<Audit> log, CancellationToken cancellation)
    {
        using var delivery = await TopicDelivery.ReadAsync(context.Request, cancellation);
        return delivery.Answer(entry => StatusOf(entry.Event, audit, log));
    }

    private static BulkSubscribeAppResponseStatus StatusOf(JsonElement cloudEvent, Audit audit, ILogger log)
    {
        if (!IsEnd(cloudEvent)) return BulkSubscribeAppResponseStatus.SUCCESS;
        using var span = TopicDelivery.Continue(cloudEvent, "audit order");
        if (audit.Waiting >= MostWaiting)
        {
            _ = audit.FollowAsync(); // where no period is set, this is what makes room
            return BulkSubscribeAppResponseStatus.RETRY;
        }

        if (Take(cloudEvent, audit) is not { } problem) return BulkSubscribeAppResponseStatus.SUCCESS;
        NotUnderstood(log, problem);
        return BulkSubscribeAppResponseStatus.DROP;
    }

    private static bool IsEnd(JsonElement cloudEvent) =>
        cloudEvent.ValueKind == JsonValueKind.Object && cloudEvent.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && Ends.Contains(type.GetString()!);

    /// <summary>What is wrong with the event, or null.</summary>
    private static string? Take(JsonElement cloudEvent, Audit audit)
    {
        try
        {
            if (cloudEvent.GetProperty("data").Deserialize<OrderEvent>(Defaults.Json) is not { OrderId: { Length: > 0 } orderId }) return "The event names no order.";
            audit.Heard(orderId);
            return null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"The event could not be understood: {e.Message}";
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "An event on the bus goes to the dead letters: {Reason}")]
    private static partial void NotUnderstood(ILogger logger, string reason);
}
