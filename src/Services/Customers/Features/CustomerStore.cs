using System.Security.Cryptography;
using System.Text;
using Dapr.Client;
using DaprOrders.Contracts;

namespace DaprOrders.Customers.Features;

public sealed record Notify(bool Email, string? Webhook = null);

/// <summary>A customer as it is stored. A deleted one keeps its id and nothing else.</summary>
public sealed record StoredCustomer(
    string CustomerId, string? Email, string? Name, Notify Notify, DateTimeOffset CreatedAt, string? PasswordHash, string? WebhookSecret, long? OrderLimit, bool Deleted);

/// <summary>Customers in Dapr state; an e-mail address is unique by a document of its own, made with first-write. Safe for concurrent use.</summary>
internal sealed class CustomerStore(DaprClient dapr)
{
    private const int Iterations = 100_000;

    public sealed record EmailOwner(string CustomerId);

    public async Task<(StoredCustomer? Customer, string ETag)> FindAsync(string id, CancellationToken cancellation)
    {
        var (customer, etag) = await dapr.GetStateAndETagAsync<StoredCustomer?>(Components.Documents, Key(id), cancellationToken: cancellation);
        return (customer is { Deleted: false } ? customer : null, etag);
    }

    /// <summary>Those that there are.</summary>
    public async Task<IReadOnlyList<StoredCustomer>> FindManyAsync(IReadOnlyList<string> ids, CancellationToken cancellation)
    {
        if (ids.Count == 0) return [];
        var items = await dapr.GetBulkStateAsync<StoredCustomer?>(Components.Documents, [.. ids.Distinct().Select(Key)], parallelism: 8, cancellationToken: cancellation);
        return [.. items.Select(item => item.Value).OfType<StoredCustomer>().Where(customer => !customer.Deleted)];
    }

    public async Task<StoredCustomer?> FindByPasswordAsync(string email, string password, CancellationToken cancellation)
    {
        var owner = await dapr.GetStateAsync<EmailOwner?>(Components.Documents, EmailKey(email), cancellationToken: cancellation);
        if (owner is null) return null;
        var (customer, _) = await FindAsync(owner.CustomerId, cancellation);
        return customer?.PasswordHash is { } hash && Matches(password, hash) ? customer : null;
    }

    /// <summary>False when the address belongs to another customer.</summary>
    public Task<bool> TryClaimEmailAsync(string email, string customerId, CancellationToken cancellation) => dapr.TrySaveStateAsync(
        Components.Documents, EmailKey(email), new EmailOwner(customerId), "", new StateOptions { Concurrency = ConcurrencyMode.FirstWrite }, cancellationToken: cancellation);

    public Task FreeEmailAsync(string email, CancellationToken cancellation) => dapr.DeleteStateAsync(Components.Documents, EmailKey(email), cancellationToken: cancellation);

    public Task SaveAsync(StoredCustomer customer, CancellationToken cancellation) => dapr.SaveStateAsync(Components.Documents, Key(customer.CustomerId), customer, cancellationToken: cancellation);

    public static string Hash(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        return $"{Convert.ToBase64String(salt)}:{Convert.ToBase64String(Derive(password, salt))}";
    }

    private static bool Matches(string password, string stored)
    {
        var parts = stored.Split(':');
        return CryptographicOperations.FixedTimeEquals(Derive(password, Convert.FromBase64String(parts[0])), Convert.FromBase64String(parts[1]));
    }

    private static byte[] Derive(string password, byte[] salt) => Rfc2898DeriveBytes.Pbkdf2(password, salt, Iterations, HashAlgorithmName.SHA256, 32);

    private static string Key(string id) => $"customer-{id}";

    private static string EmailKey(string email) => $"email-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(email.Trim().ToLowerInvariant())))}";
}
