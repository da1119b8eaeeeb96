using System.Text.Json;
using Dapr;
using Dapr.Client;
using DaprOrders.Contracts;

namespace DaprOrders.Notifications.Subscriptions;

/// <summary>
/// Keeps what could not be handled as a document "dead-{event id}", until somebody has looked at it: several brokers drop what is sent to a topic that
/// nobody listens to. Kept twice is kept once, the id decides.
/// </summary>
internal static partial class OnDeadLetter
{
    public sealed record Kept(DateTimeOffset At, JsonElement Event);

    public static void MapDeadLetters(this IEndpointRouteBuilder routes) => routes.MapPost("/on-dead-letter", HandleAsync)
        .WithTopic(new TopicOptions { PubsubName = Topics.PubSub, Name = OnOrderEvent.DeadLetters });

    private static async Task<IResult> HandleAsync(HttpContext context, DaprClient dapr, TimeProvider time, ILogger<Kept> log, CancellationToken cancellation)
    {
        using var cloudEvent = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: cancellation);
        var id = cloudEvent.RootElement.GetProperty("id").GetString()!;
        await dapr.SaveStateAsync(Components.Documents, $"dead-{id}", new Kept(time.GetUtcNow(), cloudEvent.RootElement), cancellationToken: cancellation);
        NotificationMetrics.DeadLetters.Add(1);
        DeadLetterKept(log, id);
        return TypedResults.Ok();
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "Event {EventId} could not be handled and is kept as a dead letter")]
    private static partial void DeadLetterKept(ILogger logger, string eventId);
}
