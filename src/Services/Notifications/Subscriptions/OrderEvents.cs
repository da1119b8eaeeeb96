using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Notifications.Subscriptions;

/// <summary>An event of an order, with the CloudEvent it came in.</summary>
internal sealed record HeardEvent(string EventId, OrderEvent Order, JsonElement CloudEvent)
{
    public bool IsEnd => Order.Status is "confirmed" or "rejected" or "cancelled" or "refunded";
}

internal static class OrderEvents
{
    public static string IdOf(JsonElement cloudEvent) =>
        cloudEvent.ValueKind == JsonValueKind.Object && cloudEvent.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String ? id.GetString()! : "";

    /// <summary>Null, with what is wrong with it, when it is no order's event; trying again would not help.</summary>
    public static HeardEvent? Parse(JsonElement cloudEvent, out string? problem)
    {
        problem = null;
        try
        {
            if (IdOf(cloudEvent) is { Length: > 0 } id && cloudEvent.GetProperty("data").Deserialize<OrderEvent>(Defaults.Json) is { OrderId: not null, CustomerId: not null, Status: not null } order)
                return new HeardEvent(id, order, cloudEvent);
            problem = "The event has no id, order, customer or status.";
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            problem = $"The event could not be understood: {e.Message}";
        }

        return null;
    }
}
