using System.Text.Json;
using Dapr;
using DaprOrders.Contracts;
using DaprOrders.Notifications.DeadLetters;

namespace DaprOrders.Notifications.Subscriptions;

/// <summary>
/// Keeps what the bus gave up, until somebody has looked at it: several brokers drop what is sent to a topic that nobody listens to. The bus does not say
/// why; that stands in the notes.
/// </summary>
internal static class OnDeadLetter
{
    private static readonly Failure Unknown = new("The bus gave the event up; its failures were not noted.", 1);

    public static void MapDeadLetterTopic(this IEndpointRouteBuilder routes) => routes.MapPost("/on-dead-letter", HandleAsync)
        .WithTopic(new TopicOptions { PubsubName = Topics.PubSub, Name = OnOrderEvent.DeadLetters });

    private static async Task<IResult> HandleAsync(HttpContext context, DeadLetterStore store, FailureNotes notes, CancellationToken cancellation)
    {
        using var cloudEvent = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: cancellation);
        var failure = await notes.FindAsync(OrderEvents.IdOf(cloudEvent.RootElement), cancellation) ?? Unknown;
        await store.KeepAsync(Channels.Event, cloudEvent.RootElement, failure, cancellation);
        return TypedResults.Ok();
    }
}
