using System.Security.Cryptography;
using System.Text;
using Dapr.Client;
using DaprOrders.Contracts;

namespace DaprOrders.Notifications.DeadLetters;

/// <summary>
/// How often an event failed and why, kept for a day: the dead-letter topic carries the event only, and it may reach another replica than the one that
/// failed. Written on failure only. Safe for concurrent use.
/// </summary>
internal sealed class FailureNotes(DaprClient dapr)
{
    private const int LongestError = 500;
    private static readonly Dictionary<string, string> Retention = new() { ["ttlInSeconds"] = "86400" };

    /// <summary>One more failed try of each of these events.</summary>
    public async Task AddAsync(IReadOnlyDictionary<string, string> errors, CancellationToken cancellation)
    {
        if (errors.Count == 0) return;
        var keys = errors.ToDictionary(error => KeyOf(error.Key), error => error.Value);
        var known = await dapr.GetBulkStateAsync<Failure?>(Components.Documents, [.. keys.Keys], parallelism: 8, cancellationToken: cancellation);
        var attempts = known.Where(item => item.Value is not null).ToDictionary(item => item.Key, item => item.Value!.Attempts);
        await dapr.SaveBulkStateAsync(Components.Documents, [.. keys.Select(k => new SaveStateItem<Failure>(
            k.Key, new Failure(k.Value.Length > LongestError ? k.Value[..LongestError] : k.Value, attempts.GetValueOrDefault(k.Key) + 1), etag: null!, metadata: Retention))], cancellation);
    }

    public async Task<Failure?> FindAsync(string eventId, CancellationToken cancellation) =>
        await dapr.GetStateAsync<Failure?>(Components.Documents, KeyOf(eventId), cancellationToken: cancellation);

    private static string KeyOf(string eventId) => $"failing-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(eventId)))[..32]}";
}
