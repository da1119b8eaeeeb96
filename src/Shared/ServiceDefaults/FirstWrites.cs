using Dapr;
using Dapr.Client;

namespace DaprOrders.ServiceDefaults;

/// <summary>
/// Documents that only the first may write. With an empty etag there must be none yet; some stores answer the loser with an error of their own instead of
/// a conflict (PostgreSQL, Redis), so an error while the document is there means "lost" too.
/// </summary>
public static class FirstWrites
{
    private static readonly StateOptions FirstWrite = new() { Concurrency = ConcurrencyMode.FirstWrite };

    /// <summary>False when somebody else wrote first.</summary>
    public static async Task<bool> TryWriteAsync<T>(
        this DaprClient dapr, string store, string key, T value, string etag, CancellationToken cancellation, IReadOnlyDictionary<string, string>? metadata = null)
    {
        try
        {
            return await dapr.TrySaveStateAsync(store, key, value, etag, FirstWrite, metadata, cancellation);
        }
        catch (DaprException) when (etag.Length == 0)
        {
            var (_, found) = await dapr.GetStateAndETagAsync<object?>(store, key, cancellationToken: cancellation);
            if (string.IsNullOrEmpty(found)) throw;
            return false;
        }
    }
}
