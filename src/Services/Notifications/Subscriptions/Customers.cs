using System.Collections.Concurrent;
using System.Net;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Notifications.Subscriptions;

/// <summary>What is needed of a profile to tell its owner something.</summary>
internal sealed record Customer(string CustomerId, string Email, string Name, Preferences Notify);

internal sealed record Preferences(bool Email);

/// <summary>Profiles as Customers has them, kept for a moment, so that a busy customer's events do not ask for each. Safe for concurrent use.</summary>
internal sealed class CustomerDirectory(Invocation invoke, TimeProvider time)
{
    private const int MostKept = 10_000;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<string, (Customer? Customer, DateTimeOffset At)> kept = new();

    /// <summary>Null for one who is gone or never had a profile; he is not told.</summary>
    public async ValueTask<Customer?> FindAsync(string customerId, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        if (kept.TryGetValue(customerId, out var known) && now - known.At < Fresh) return known.Customer;
        using var request = new HttpRequestMessage(HttpMethod.Get, Invocation.At(Apps.Customers, $"customers/{customerId}"));
        request.Headers.Add(Caller.SubjectHeader, Apps.Notifications);
        request.Headers.Add(Caller.RoleHeader, "operator");
        using var answer = await invoke.SendAsync(request, cancellation);
        if (answer.StatusCode != HttpStatusCode.NotFound) answer.EnsureSuccessStatusCode();
        var found = answer.StatusCode == HttpStatusCode.NotFound ? null : await answer.Content.ReadFromJsonAsync<Customer>(cancellation);
        if (kept.Count > MostKept) kept.Clear();
        kept[customerId] = (found, now);
        return found;
    }
}
