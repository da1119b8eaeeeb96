using System.Text.Json;
using Dapr;
using Dapr.Client;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Notifications.Subscriptions;

/// <summary>
/// Tells the customer how his order ended, by e-mail through the output binding. Idempotent: what was sent is noted by the event's id. A message that
/// cannot be handled is tried again by the bus and ends in the dead-letter topic.
/// </summary>
internal static partial class OnOrderEvent
{
    public const string DeadLetters = "orders-notifications-dead";
    private static readonly Dictionary<string, string> Retention = new() { ["ttlInSeconds"] = "86400" };

    public sealed record Customer(string CustomerId, string Email, string Name, Preferences Notify);

    public sealed record Preferences(bool Email);

    public sealed record Sent(DateTimeOffset At);

    public static void MapOrderEvents(this IEndpointRouteBuilder routes) => routes.MapPost("/on-order-event", HandleAsync)
        .WithTopic(new TopicOptions { PubsubName = Topics.PubSub, Name = Topics.Orders, DeadLetterTopic = DeadLetters });

    private static async Task<IResult> HandleAsync(HttpContext context, DaprClient dapr, Invocation invoke, TimeProvider time, ILogger<Customer> log, CancellationToken cancellation)
    {
        using var cloudEvent = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: cancellation);
        var order = cloudEvent.RootElement.GetProperty("data").Deserialize<OrderEvent>(Defaults.Json)!;
        if (order.Status is not ("confirmed" or "rejected" or "cancelled" or "refunded")) return TypedResults.Ok();
        if (await FindAsync(invoke, order.CustomerId, cancellation) is not { Notify.Email: true } customer) return TypedResults.Ok();

        var key = $"notified-{order.OrderId}-{order.Version}";
        if (await dapr.GetStateAsync<Sent?>(Components.Documents, key, cancellationToken: cancellation) is not null) return TypedResults.Ok();
        await dapr.InvokeBindingAsync(Components.Email, "create", Mail(customer, order), Envelope(customer, order), cancellation);
        await dapr.SaveStateAsync(Components.Documents, key, new Sent(time.GetUtcNow()), metadata: Retention, cancellationToken: cancellation);
        NotificationMetrics.Sent.Add(1);
        CustomerTold(log, order.OrderId, order.Status);
        return TypedResults.Ok();
    }

    /// <summary>Null for one who is gone or never had a profile; he is not told.</summary>
    private static async Task<Customer?> FindAsync(Invocation invoke, string customerId, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Invocation.At(Apps.Customers, $"customers/{customerId}"));
        request.Headers.Add(Caller.SubjectHeader, Apps.Notifications);
        request.Headers.Add(Caller.RoleHeader, "operator");
        using var answer = await invoke.SendAsync(request, cancellation);
        if (answer.StatusCode == System.Net.HttpStatusCode.NotFound) return null;
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<Customer>(cancellation);
    }

    /// <summary>SMTP, SES and SendGrid take the addressee and the subject from here, the development set the file's name; each ignores the rest.</summary>
    private static Dictionary<string, string> Envelope(Customer customer, OrderEvent order) => new()
    {
        ["emailTo"] = customer.Email, ["subject"] = Subject(order), ["fileName"] = $"{order.OrderId}-{order.Version}.eml",
    };

    private static string Subject(OrderEvent order) => $"Your order {order.OrderId} is {order.Status}";

    private static string Mail(Customer customer, OrderEvent order) => $"""
        To: {customer.Email}
        Subject: {Subject(order)}
        Message-Id: <{order.OrderId}.{order.Version}@daprorders.dev>
        Content-Type: text/plain; charset=utf-8

        Dear {customer.Name},
        your order {order.OrderId} is {order.Status}{(order.Reason is null ? "" : $" ({order.Reason})")}.
        """;

    [LoggerMessage(EventId = 1, Level = LogLevel.Debug, Message = "Told the customer that {OrderId} is {Status}")]
    private static partial void CustomerTold(ILogger logger, string orderId, string status);
}
