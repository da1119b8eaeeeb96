using System.Security.Cryptography;
using System.Text;
using Dapr.Client;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Customers.Profiles;

/// <summary>An e-mail address is unique by a document of its own, which only the first may write. Safe for concurrent use.</summary>
internal sealed class EmailClaims(DaprClient dapr, TimeProvider time)
{
    private const int MostTries = 20;
    private static readonly TimeSpan UnderWay = TimeSpan.FromMinutes(1);

    public sealed record EmailOwner(string CustomerId, DateTimeOffset At = default);

    public static bool Same(string? one, string? other) => string.Equals(one?.Trim(), other?.Trim(), StringComparison.OrdinalIgnoreCase);

    public async Task<string?> OwnerAsync(string email, CancellationToken cancellation) =>
        (await dapr.GetStateAsync<EmailOwner?>(Components.Documents, Key(email), cancellationToken: cancellation))?.CustomerId;

    /// <summary>False when the address belongs to another customer; true again for the one who has it.</summary>
    public async Task<bool> TryClaimAsync(string email, string customerId, CancellationToken cancellation)
    {
        for (var left = MostTries; left > 0; left--)
        {
            var (owner, etag) = await dapr.GetStateAndETagAsync<EmailOwner?>(Components.Documents, Key(email), cancellationToken: cancellation);
            if (owner?.CustomerId == customerId) return true;
            if (owner is not null && !await IsLeftOverAsync(owner, email, cancellation)) return false;
            if (await dapr.TryWriteAsync(Components.Documents, Key(email), new EmailOwner(customerId, time.GetUtcNow()), etag, cancellation)) return true;
        }

        return false;
    }

    public async Task FreeAsync(string email, string customerId, CancellationToken cancellation)
    {
        var (owner, etag) = await dapr.GetStateAndETagAsync<EmailOwner?>(Components.Documents, Key(email), cancellationToken: cancellation);
        if (owner?.CustomerId == customerId) await dapr.TryDeleteStateAsync(Components.Documents, Key(email), etag, cancellationToken: cancellation);
    }

    /// <summary>By a crash between the claim and the profile; while the claim is young the profile may still come.</summary>
    private async Task<bool> IsLeftOverAsync(EmailOwner owner, string email, CancellationToken cancellation)
    {
        if (time.GetUtcNow() - owner.At < UnderWay) return false;
        var holder = await dapr.GetStateAsync<StoredCustomer?>(Components.Documents, CustomerStore.Key(owner.CustomerId), cancellationToken: cancellation);
        return !Same(holder?.Email, email);
    }

    private static string Key(string email) => $"email-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(email.Trim().ToLowerInvariant())))}";
}
