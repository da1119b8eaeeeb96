using Dapr;
using DaprOrders.Customers.Profiles;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Customers.Features;

internal static class CustomerEndpoints
{
    private const int MostTries = 10;

    public static void MapCustomers(this IEndpointRouteBuilder routes)
    {
        var customers = routes.MapGroup("/customers").AddEndpointFilter(StoreAwayAsync);
        customers.MapPost("", RegisterCustomer.HandleAsync);
        customers.MapGet("/{id}", GetAsync);
        customers.MapPut("/{id}", ChangeCustomer.HandleAsync);
        customers.MapDelete("/{id}", DeleteAsync);
    }

    /// <summary>Another customer's profile is not there: existence is not revealed.</summary>
    public static async Task<StoredCustomer?> VisibleAsync(string id, Caller caller, CustomerStore store, CancellationToken cancellation) =>
        caller.IsOperator || caller.Subject == id ? (await store.FindAsync(id, cancellation)).Customer : null;

    public static ProblemResult NoSuchCustomer() => Problems.NotFound("There is no such customer.").ToResult();

    private static async Task<IResult> GetAsync(string id, Caller caller, CustomerStore store, CancellationToken cancellation) =>
        await VisibleAsync(id, caller, store, cancellation) is { } customer ? TypedResults.Ok(Customer.Of(customer, withSecret: false)) : NoSuchCustomer();

    /// <summary>Personal data goes, the id stays for orders and books.</summary>
    private static async Task<IResult> DeleteAsync(string id, Caller caller, CustomerStore store, EmailClaims emails, CancellationToken cancellation)
    {
        if (await VisibleAsync(id, caller, store, cancellation) is null) return NoSuchCustomer();
        for (var left = MostTries; left > 0; left--)
        {
            var (customer, etag) = await store.FindAsync(id, cancellation);
            if (customer is null) return NoSuchCustomer();
            var anonymous = new StoredCustomer(id, null, null, new Notify(false), customer.CreatedAt, null, null, null, Deleted: true);
            if (!await store.TryChangeAsync(anonymous, etag, cancellation)) continue; // somebody else was quicker
            await emails.FreeAsync(customer.Email!, id, cancellation);
            return TypedResults.NoContent();
        }

        return Problems.Unavailable("The profile is being changed by others; ask again.").ToResult();
    }

    private static async ValueTask<object?> StoreAwayAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (DaprException e)
        {
            throw new ProblemException(Problems.Unavailable("The store of profiles is away; ask again."), e);
        }
    }
}
