using Dapr.Client;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Customers.Profiles;

/// <summary>
/// Customers in Dapr state; every write is guarded, so that of two changes at once none is lost silently. In development the users that POST /token knows
/// have profiles from the first look at them. Safe for concurrent use.
/// </summary>
internal sealed class CustomerStore(DaprClient dapr, EmailClaims emails, IHostEnvironment environment, TimeProvider time)
{
    private static readonly string[] Seeded = ["demo", "operator"];

    public async Task<(StoredCustomer? Customer, string ETag)> FindAsync(string id, CancellationToken cancellation)
    {
        var (customer, etag) = await dapr.GetStateAndETagAsync<StoredCustomer?>(Components.Documents, Key(id), cancellationToken: cancellation);
        if (customer is null && environment.IsDevelopment() && Seeded.Contains(id))
        {
            await SeedAsync(id, cancellation);
            (customer, etag) = await dapr.GetStateAndETagAsync<StoredCustomer?>(Components.Documents, Key(id), cancellationToken: cancellation);
        }

        return (customer is { Deleted: false } ? customer : null, etag);
    }

    /// <summary>Those that there are.</summary>
    public async Task<IReadOnlyList<StoredCustomer>> FindManyAsync(IReadOnlyList<string> ids, CancellationToken cancellation)
    {
        if (ids.Count == 0) return [];
        var items = await dapr.GetBulkStateAsync<StoredCustomer?>(Components.Documents, [.. ids.Distinct().Select(Key)], parallelism: 8, cancellationToken: cancellation);
        var found = items.Select(item => item.Value).OfType<StoredCustomer>().ToList();
        foreach (var seed in Seeded.Intersect(ids).Except(found.Select(customer => customer.CustomerId)).ToList())
            if ((await FindAsync(seed, cancellation)).Customer is { } customer) found.Add(customer);
        return [.. found.Where(customer => !customer.Deleted)];
    }

    public async Task<StoredCustomer?> FindByPasswordAsync(string email, string password, CancellationToken cancellation)
    {
        if (await emails.OwnerAsync(email, cancellation) is not { } owner) return null;
        var (customer, _) = await FindAsync(owner, cancellation);
        return customer?.PasswordHash is { } hash && EmailClaims.Same(customer.Email, email) && Passwords.Matches(password, hash) ? customer : null;
    }

    /// <summary>False when there is or was one with this id.</summary>
    public Task<bool> TryCreateAsync(StoredCustomer customer, CancellationToken cancellation) => dapr.TryWriteAsync(Components.Documents, Key(customer.CustomerId), customer, "", cancellation);

    /// <summary>False when somebody else changed the customer since it was read.</summary>
    public Task<bool> TryChangeAsync(StoredCustomer customer, string etag, CancellationToken cancellation) => dapr.TryWriteAsync(Components.Documents, Key(customer.CustomerId), customer, etag, cancellation);

    /// <summary>Without mails: the demo's thousands of orders would send thousands. PUT switches them on.</summary>
    private async Task SeedAsync(string id, CancellationToken cancellation)
    {
        var email = $"{id}@daprorders.dev";
        await emails.TryClaimAsync(email, id, cancellation);
        await TryCreateAsync(new StoredCustomer(id, email, char.ToUpperInvariant(id[0]) + id[1..], new Notify(Email: false), time.GetUtcNow(), null, null, null, Deleted: false), cancellation);
    }

    internal static string Key(string id) => $"customer-{id}";
}
