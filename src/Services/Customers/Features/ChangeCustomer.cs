using DaprOrders.Customers.Profiles;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Customers.Features;

/// <summary>Replaces a profile; what may be left out (password, orderLimit) stays as it was.</summary>
internal static class ChangeCustomer
{
    private const int MostTries = 10;

    public static async Task<IResult> HandleAsync(
        string id, HttpContext context, Caller caller, CustomerStore store, CustomerRules rules, EmailClaims emails, LimitNews limits, CancellationToken cancellation)
    {
        if (await CustomerEndpoints.VisibleAsync(id, caller, store, cancellation) is null) return CustomerEndpoints.NoSuchCustomer();
        var request = await Body.ReadAsync<ProfileRequest>(context.Request, cancellation);
        if (await rules.CheckAsync(request, caller, cancellation) is { } problem) return problem.ToResult();

        for (var left = MostTries; left > 0; left--)
        {
            var (before, etag) = await store.FindAsync(id, cancellation);
            if (before is null) return CustomerEndpoints.NoSuchCustomer();
            if (!await emails.TryClaimAsync(request.Email!, id, cancellation)) return Problems.EmailInUse().ToResult();
            var (after, isNewWebhook) = Changed(before, request);
            if (!await store.TryChangeAsync(after, etag, cancellation)) continue; // somebody else was quicker
            if (!EmailClaims.Same(before.Email, after.Email)) await emails.FreeAsync(before.Email!, id, cancellation);
            if (before.OrderLimit != after.OrderLimit) await limits.TellAsync(id, after.OrderLimit, cancellation);
            return TypedResults.Ok(Customer.Of(after, isNewWebhook));
        }

        return Problems.Unavailable("The profile is being changed by others; ask again.").ToResult();
    }

    private static (StoredCustomer After, bool IsNewWebhook) Changed(StoredCustomer before, ProfileRequest request)
    {
        var notify = CustomerRules.NotifyOf(request);
        var isNewWebhook = notify.Webhook is not null && notify.Webhook != before.Notify.Webhook;
        return (before with
        {
            Email = request.Email, Name = request.Name, Notify = notify, OrderLimit = CustomerRules.LimitOf(request, before.OrderLimit),
            PasswordHash = request.Password is null ? before.PasswordHash : Passwords.Hash(request.Password),
            WebhookSecret = isNewWebhook ? CustomerRules.NewSecret() : notify.Webhook is null ? null : before.WebhookSecret,
        }, isNewWebhook);
    }
}
