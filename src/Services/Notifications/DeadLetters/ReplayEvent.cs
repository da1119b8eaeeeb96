using DaprOrders.Contracts;
using DaprOrders.Notifications.Subscriptions;
using DaprOrders.Notifications.Webhooks;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Notifications.DeadLetters;

/// <summary>Does once more what of an event could not be done; what was done of it before is not done again. Safe for concurrent use.</summary>
internal sealed class ReplayEvent(OrderNews news, SendWebhook send, Invocation invoke)
{
    /// <summary>What is still wrong, or null.</summary>
    public async Task<string?> TryAsync(DeadLetter letter, CancellationToken cancellation)
    {
        if (letter.Channel == Channels.Auditor) return (await invoke.PostAsync<Taken>(Apps.Auditor, "internal/order-end", letter.Event, cancellation)).Error;
        if (OrderEvents.Parse(letter.Event, out var problem) is not { } heard) return problem;
        return letter.Channel == Channels.Webhook
            ? (await send.TryAsync(heard.Order.CustomerId, WebhookMessage.Body(letter.Event), cancellation))?.Error
            : (await news.TellAsync([heard], cancellation)).GetValueOrDefault(heard.EventId);
    }
}
