using System.Collections.Concurrent;
using System.Diagnostics;
using DaprOrders.Contracts;
using DaprOrders.Notifications.DeadLetters;
using DaprOrders.Notifications.Webhooks;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Notifications.Subscriptions;

/// <summary>Tells customers what became of their orders, each in the way he wants: a mail at an order's end, a webhook of every event. Safe for concurrent use.</summary>
internal sealed class OrderNews(CustomerDirectory customers, TellCustomer tell, WebhookQueue webhooks, DeadLetterStore deadLetters, IConfiguration configuration)
{
    private static readonly Failure NoRoom = new($"{WebhookQueue.MostOfACustomer} events of this customer wait already.", 0);

    /// <summary>Event id → why it could not be told; those are to come again.</summary>
    public async Task<IReadOnlyDictionary<string, string>> TellAsync(IReadOnlyList<HeardEvent> events, CancellationToken cancellation)
    {
        var failed = new ConcurrentDictionary<string, string>();
        IReadOnlyDictionary<string, Recipient> recipients;
        try
        {
            recipients = await customers.FindManyAsync([.. events.Select(e => (e.Order.CustomerId, e.Order.At))], cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            foreach (var heard in events) failed[heard.EventId] = $"The customer's profile is not to be had: {e.Message}";
            return failed;
        }

        await Task.WhenAll(MailAsync(events, recipients, failed, cancellation), HandToWebhooksAsync(events, recipients, failed, cancellation));
        return failed;
    }

    private async Task MailAsync(
        IReadOnlyList<HeardEvent> events, IReadOnlyDictionary<string, Recipient> recipients, ConcurrentDictionary<string, string> failed, CancellationToken cancellation)
    {
        var atATime = configuration.GetValue("MAILS_AT_A_TIME", 8); // 1 for a binding that mixes up concurrent mails, as daprd's SMTP does
        await Parallel.ForEachAsync(events.Where(e => e.IsEnd), new ParallelOptions { MaxDegreeOfParallelism = atATime, CancellationToken = cancellation }, async (heard, ct) =>
        {
            if (recipients.GetValueOrDefault(heard.Order.CustomerId) is not { WantsEmail: true } customer) return;
            using var span = TopicDelivery.Continue(heard.CloudEvent, "mail order's end");
            try
            {
                await tell.OfEndAsync(heard.Order, customer, ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                span?.SetStatus(ActivityStatusCode.Error, e.Message);
                failed[heard.EventId] = e.Message;
            }
        });
    }

    private async Task HandToWebhooksAsync(
        IReadOnlyList<HeardEvent> events, IReadOnlyDictionary<string, Recipient> recipients, ConcurrentDictionary<string, string> failed, CancellationToken cancellation)
    {
        var accepted = new List<HeardEvent>();
        try
        {
            foreach (var customer in events.Where(e => recipients.GetValueOrDefault(e.Order.CustomerId)?.Webhook is not null).GroupBy(e => e.Order.CustomerId))
            {
                var room = webhooks.RoomFor(customer.Key);
                accepted.AddRange(customer.Take(room));
                foreach (var heard in customer.Skip(room)) await deadLetters.KeepAsync(Channels.Webhook, heard.CloudEvent, NoRoom, cancellation);
            }

            if (accepted.Count == 0) return;
            await webhooks.AcceptAsync([.. accepted.Select(e => new Telling(e.Order.CustomerId, e.Order.OrderId, e.EventId, WebhookMessage.Body(e.CloudEvent), TopicDelivery.TraceOf(e.CloudEvent)))], cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            foreach (var heard in events.Where(e => recipients.GetValueOrDefault(e.Order.CustomerId)?.Webhook is not null)) failed.TryAdd(heard.EventId, e.Message);
        }
    }
}
