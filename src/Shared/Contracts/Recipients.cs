namespace DaprOrders.Contracts;

/// <summary>Customers, <c>POST /internal/recipients</c>, for Notifications: how these customers (at most 1,000) want to be told; one without a profile is left out.</summary>
public sealed record RecipientQuery(IReadOnlyList<string> CustomerIds);

public sealed record Recipients(IReadOnlyList<Recipient> Items);

/// <summary>WebhookSecret is there when Webhook is; it is never logged.</summary>
public sealed record Recipient(string CustomerId, string Email, string Name, bool WantsEmail, string? Webhook, string? WebhookSecret);
