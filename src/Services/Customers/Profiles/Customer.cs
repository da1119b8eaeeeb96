namespace DaprOrders.Customers.Profiles;

public sealed record Notify(bool Email, string? Webhook = null);

/// <summary>A customer as api.md shows it; the webhook's secret is there only in the answer that set the webhook.</summary>
public sealed record Customer(string CustomerId, string Email, string Name, Notify Notify, DateTimeOffset CreatedAt, long? OrderLimit = null, string? WebhookSecret = null)
{
    public static Customer Of(StoredCustomer c, bool withSecret) => new(c.CustomerId, c.Email!, c.Name!, c.Notify, c.CreatedAt, c.OrderLimit, withSecret ? c.WebhookSecret : null);
}

/// <summary>A customer as it is stored. A deleted one keeps its id and nothing else.</summary>
public sealed record StoredCustomer(
    string CustomerId, string? Email, string? Name, Notify Notify, DateTimeOffset CreatedAt, string? PasswordHash, string? WebhookSecret, long? OrderLimit, bool Deleted);
