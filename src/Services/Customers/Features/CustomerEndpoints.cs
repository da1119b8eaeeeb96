using System.Net.Mail;
using System.Security.Cryptography;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Customers.Features;

/// <summary>A customer as api.md shows it; the webhook's secret is there only in the answer that set the webhook.</summary>
public sealed record Customer(string CustomerId, string Email, string Name, Notify Notify, DateTimeOffset CreatedAt, long? OrderLimit = null, string? WebhookSecret = null);

internal static class CustomerEndpoints
{
    public sealed record Request(string Email, string Name, Notify Notify, string? Password = null, long? OrderLimit = null);

    public static void MapCustomers(this IEndpointRouteBuilder routes)
    {
        var customers = routes.MapGroup("/customers");
        customers.MapPost("", CreateAsync);
        customers.MapGet("/{id}", GetAsync);
        customers.MapPut("/{id}", ChangeAsync);
        customers.MapDelete("/{id}", DeleteAsync);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, Caller caller, CustomerStore store, IHostEnvironment environment, TimeProvider time, CancellationToken cancellation)
    {
        if (!environment.IsDevelopment() && !caller.IsOperator) return Problems.Forbidden("Only an operator registers customers.").ToResult();
        var request = await Body.ReadAsync<Request>(context.Request, cancellation);
        if (Check(request, caller, environment) is { } problem) return problem.ToResult();

        var id = Guid.CreateVersion7().ToString("N");
        if (!await store.TryClaimEmailAsync(request.Email, id, cancellation)) return Problems.EmailInUse().ToResult();
        var customer = new StoredCustomer(id, request.Email, request.Name, request.Notify, time.GetUtcNow(),
            request.Password is null ? null : CustomerStore.Hash(request.Password), request.Notify.Webhook is null ? null : NewSecret(), request.OrderLimit, Deleted: false);
        await store.SaveAsync(customer, cancellation);
        return TypedResults.Created($"/customers/{id}", View(customer, withSecret: true));
    }

    private static async Task<IResult> GetAsync(string id, Caller caller, CustomerStore store, CancellationToken cancellation) =>
        await VisibleAsync(id, caller, store, cancellation) is { } customer ? TypedResults.Ok(View(customer, withSecret: false)) : NoSuchCustomer();

    private static async Task<IResult> ChangeAsync(string id, HttpContext context, Caller caller, CustomerStore store, IHostEnvironment environment, CancellationToken cancellation)
    {
        if (await VisibleAsync(id, caller, store, cancellation) is not { } before) return NoSuchCustomer();
        var request = await Body.ReadAsync<Request>(context.Request, cancellation);
        if (Check(request, caller, environment) is { } problem) return problem.ToResult();
        var otherEmail = !string.Equals(request.Email, before.Email, StringComparison.OrdinalIgnoreCase);
        if (otherEmail && !await store.TryClaimEmailAsync(request.Email, id, cancellation)) return Problems.EmailInUse().ToResult();

        var otherWebhook = request.Notify.Webhook is not null && request.Notify.Webhook != before.Notify.Webhook;
        var after = before with
        {
            Email = request.Email, Name = request.Name, Notify = request.Notify, OrderLimit = caller.IsOperator ? request.OrderLimit : before.OrderLimit,
            PasswordHash = request.Password is null ? before.PasswordHash : CustomerStore.Hash(request.Password),
            WebhookSecret = otherWebhook ? NewSecret() : request.Notify.Webhook is null ? null : before.WebhookSecret,
        };
        await store.SaveAsync(after, cancellation);
        if (otherEmail) await store.FreeEmailAsync(before.Email!, cancellation);
        return TypedResults.Ok(View(after, otherWebhook));
    }

    /// <summary>Personal data goes, the id stays for orders and books.</summary>
    private static async Task<IResult> DeleteAsync(string id, Caller caller, CustomerStore store, CancellationToken cancellation)
    {
        if (await VisibleAsync(id, caller, store, cancellation) is not { } customer) return NoSuchCustomer();
        await store.SaveAsync(new StoredCustomer(id, null, null, new Notify(false), customer.CreatedAt, null, null, null, Deleted: true), cancellation);
        await store.FreeEmailAsync(customer.Email!, cancellation);
        return TypedResults.NoContent();
    }

    private static Problem? Check(Request request, Caller caller, IHostEnvironment environment)
    {
        if (request.Email is not { Length: >= 3 and <= 254 } email || !MailAddress.TryCreate(email, out var parsed) || parsed.Address != email) return Problems.Invalid("email", "an e-mail address");
        if (request.Name is not { Length: >= 1 and <= 200 }) return Problems.Invalid("name", "1 to 200 characters");
        if (request.Notify is null) return Problems.Invalid("notify", "is missing");
        if (request.Notify.Webhook is { } webhook && !IsWebhook(webhook, environment)) return Problems.Invalid("notify", "webhook is an https address");
        if (request.Password is not null && !environment.IsDevelopment()) return Problems.Invalid("password", "for development only");
        if (request.Password is { Length: < 1 or > 128 }) return Problems.Invalid("password", "1 to 128 characters");
        if (request.OrderLimit is < 0) return Problems.Invalid("orderLimit", "0 or more minor units");
        return request.OrderLimit is not null && !caller.IsOperator ? Problems.Forbidden("Only an operator sets an order limit.") : null;
    }

    private static bool IsWebhook(string text, IHostEnvironment environment) =>
        text.Length <= 2000 && Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == "https" || (uri.Scheme == "http" && environment.IsDevelopment()));

    private static async Task<StoredCustomer?> VisibleAsync(string id, Caller caller, CustomerStore store, CancellationToken cancellation) =>
        caller.IsOperator || caller.Subject == id ? (await store.FindAsync(id, cancellation)).Customer : null;

    private static ProblemResult NoSuchCustomer() => Problems.NotFound("There is no such customer.").ToResult();

    private static string NewSecret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    private static Customer View(StoredCustomer c, bool withSecret) => new(c.CustomerId, c.Email!, c.Name!, c.Notify, c.CreatedAt, c.OrderLimit, withSecret ? c.WebhookSecret : null);
}
