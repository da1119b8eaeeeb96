using Dapr.Client;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Notifications.Subscriptions;

/// <summary>
/// Tells the customer how his order ended, by e-mail through the output binding. Idempotent: what was sent is noted by the event's id, and a mail that
/// is sent again after a crash in between has the same message id. Safe for concurrent use.
/// </summary>
internal sealed class TellCustomer(DaprClient dapr, TimeProvider time)
{
    private static readonly Dictionary<string, string> Retention = new() { ["ttlInSeconds"] = "86400" };

    public sealed record Sent(DateTimeOffset At);

    public async Task OfEndAsync(OrderEvent order, Recipient customer, CancellationToken cancellation)
    {
        var key = $"notified-{order.OrderId}-{order.Version}";
        if (await dapr.GetStateAsync<Sent?>(Components.Documents, key, cancellationToken: cancellation) is not null) return;
        await dapr.InvokeBindingAsync(Components.Email, "create", Mail(customer, order), Envelope(customer, order), cancellation);
        await dapr.SaveStateAsync(Components.Documents, key, new Sent(time.GetUtcNow()), metadata: Retention, cancellationToken: cancellation);
        NotificationMetrics.Sent.Add(1);
    }

    /// <summary>SMTP, SES and SendGrid take the addressee and the subject from here, the development set the file's name; each ignores the rest.</summary>
    private static Dictionary<string, string> Envelope(Recipient customer, OrderEvent order) => new()
    {
        ["emailTo"] = customer.Email, ["subject"] = Subject(order), ["fileName"] = $"{order.OrderId}-{order.Version}.eml",
    };

    private static string Subject(OrderEvent order) => $"Your order {order.OrderId} is {order.Status}";

    private static string Mail(Recipient customer, OrderEvent order) => $"""
        To: {customer.Email}
        Subject: {Subject(order)}
        Message-Id: <{order.OrderId}.{order.Version}@daprorders.dev>
        Content-Type: text/plain; charset=utf-8

        Dear {customer.Name},
        your order {order.OrderId} is {order.Status}{(order.Reason is null ? "" : $" ({order.Reason})")}.
        """;
}
