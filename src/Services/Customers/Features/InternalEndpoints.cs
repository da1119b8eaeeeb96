using DaprOrders.Contracts;
using DaprOrders.Customers.Profiles;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Customers.Features;

/// <summary>What the other services ask: how to reach a customer for Notifications, his limit for Ordering.</summary>
internal static class InternalEndpoints
{
    private const int MostRecipients = 1_000;

    public static void MapInternal(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/internal/recipients", RecipientsAsync);
        routes.MapGet("/internal/limits/{customerId}", LimitAsync);
    }

    private static async Task<IResult> RecipientsAsync(RecipientQuery query, CustomerStore store, CancellationToken cancellation)
    {
        if (query.CustomerIds.Count > MostRecipients) return Problems.Invalid("customerIds", $"at most {MostRecipients}").ToResult();
        var found = await store.FindManyAsync(query.CustomerIds, cancellation);
        return TypedResults.Ok(new Recipients(
            [.. found.Select(c => new Recipient(c.CustomerId, c.Email!, c.Name!, c.Notify.Email, c.Notify.Webhook, c.Notify.Webhook is null ? null : c.WebhookSecret))]));
    }

    /// <summary>The member is always there: null is the answer "no limit", 404 the answer "no profile".</summary>
    private static async Task<IResult> LimitAsync(string customerId, CustomerStore store, CancellationToken cancellation) =>
        (await store.FindAsync(customerId, cancellation)).Customer is { } customer
            ? TypedResults.Text($$"""{"orderLimit":{{customer.OrderLimit?.ToString() ?? "null"}}}""", "application/json")
            : Problems.NotFound("There is no such customer.").ToResult();
}
