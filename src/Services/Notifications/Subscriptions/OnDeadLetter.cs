using System.Text.Json;
using Dapr;
using DaprOrders.Contracts;
using DaprOrders.Notifications.DeadLetters;

namespace DaprOrders.Notifications.Subscriptions;

/// <summary>
/// Keeps what the bus gave up, its own and the auditor's, until somebody has looked at it: several brokers drop what is sent to a topic that nobody listens
/// to. The bus does not say why; of its own it stands in the notes.
/// </summary>
internal static class OnDeadLetter
{
    private static readonly Failure Unknown = new("The bus gave the event up; its failures were not noted.", 1);

    public static void MapDeadLetterTopics(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/on-dead-letter", OwnAsync).WithTopic(new TopicOptions { PubsubName = Topics.PubSub, Name = Topics.NotificationsDead, Metadata = Topics.Queue });
        routes.MapPost("/on-auditor-dead-letter", AuditorsAsync).WithTopic(new TopicOptions { PubsubName = Topics.PubSub, Name = Topics.AuditorDead, Metadata = Topics.Queue });
    }

    private static async Task<IResult> OwnAsync(HttpContext context, DeadLetterStore store, FailureNotes notes, CancellationToken cancellation)
    {
        using var cloudEvent = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: cancellation);
        var failure = await notes.FindAsync(OrderEvents.IdOf(cloudEvent.RootElement), cancellation) ?? Unknown;
        await store.KeepAsync(Channels.Event, cloudEvent.RootElement, failure, cancellation);
        return TypedResults.Ok();
    }

    private static async Task<IResult> AuditorsAsync(HttpContext context, DeadLetterStore store, CancellationToken cancellation)
    {
        using var cloudEvent = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: cancellation);
        OrderEvents.Parse(cloudEvent.RootElement, out var problem);
        await store.KeepAsync(Channels.Auditor, cloudEvent.RootElement, problem is null ? Unknown : new Failure(problem, 1), cancellation);
        return TypedResults.Ok();
    }
}
