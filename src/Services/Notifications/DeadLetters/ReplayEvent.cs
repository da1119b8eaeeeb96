using DaprOrders.Notifications.Subscriptions;
using DaprOrders.Notifications.Webhooks;

namespace DaprOrders.Notifications.DeadLetters;

/// <summary>Does once more what of an event could not be done; what was done of it before is not done again. Safe for concurrent use.</summary>
internal sealed class ReplayEvent(OrderNews news, SendWebhook send)
{
    /// <summary>What is still wrong, or null.</summary>
    public async Task<string?> TryAsync(DeadLetter letter, CancellationToken cancellation)
    {
        if (OrderEvents.Parse(letter.Event, out var problem) is not { } heard) return problem;
        return letter.Channel == Channels.Webhook
            ? (await send.TryAsync(heard.Order.CustomerId, WebhookMessage.Body(letter.Event), cancellation))?.Error
            : (await news.TellAsync([heard], cancellation)).GetValueOrDefault(heard.EventId);
    }
}
