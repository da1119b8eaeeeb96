using System.Text.Json;
using Dapr;
using Dapr.Client;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Inventory.Products;

/// <summary>
/// Products as shoppers see them, for seconds in the component "cache", so that who only looks does not load the store that holds the payments. Straight to
/// the store while the cache is away, and without asking it for a while. Prices that orders are made with never come from here. Safe for concurrent use.
/// </summary>
internal sealed partial class ShownProducts(DaprClient dapr, Catalogue catalogue, TimeProvider time, ILogger<ShownProducts> log)
{
    private static readonly TimeSpan LeftAlone = TimeSpan.FromSeconds(5);
    private static readonly Dictionary<string, string> Retention = new() { ["ttlInSeconds"] = "10" };
    private long awaySince;

    public async Task<ProductPrice?> FindAsync(string sku, CancellationToken cancellation) => await FindManyAsync([sku], cancellation) is [var found] ? found : null;

    /// <summary>Unknown ones are left out.</summary>
    public async Task<IReadOnlyList<ProductPrice>> FindManyAsync(IReadOnlyList<string> skus, CancellationToken cancellation)
    {
        var cached = await CachedAsync(skus, cancellation);
        var missing = skus.Where(sku => !cached.ContainsKey(sku)).ToList();
        if (missing.Count == 0) return [.. skus.Select(sku => cached[sku])];
        var found = await catalogue.FindManyAsync(missing, cancellation);
        await KeepAsync(found, cancellation);
        var all = found.Concat(cached.Values).ToDictionary(product => product.Sku);
        return [.. skus.Where(all.ContainsKey).Select(sku => all[sku])];
    }

    /// <summary>What was just stored is shown from now on; where each replica has a cache of its own, by the others when theirs has ended.</summary>
    public async Task KeepAsync(IReadOnlyList<ProductPrice> products, CancellationToken cancellation)
    {
        if (products.Count == 0 || IsAway) return;
        try
        {
            await dapr.SaveBulkStateAsync(Components.Cache, [.. products.Select(product => new SaveStateItem<ProductPrice>(KeyOf(product.Sku), product, etag: null!, metadata: Retention))], cancellation);
        }
        catch (DaprException e)
        {
            LeaveAlone(e);
        }
    }

    private bool IsAway => Volatile.Read(ref awaySince) is > 0 and var since && time.GetElapsedTime(since) < LeftAlone;

    private async Task<Dictionary<string, ProductPrice>> CachedAsync(IReadOnlyList<string> skus, CancellationToken cancellation)
    {
        if (skus.Count == 0 || IsAway) return [];
        try
        {
            var items = await dapr.GetBulkStateAsync(Components.Cache, [.. skus.Select(KeyOf)], parallelism: 8, cancellationToken: cancellation);
            return items.Where(item => item.Value is { Length: > 0 }).Select(item => JsonSerializer.Deserialize<ProductPrice>(item.Value, Defaults.Json)!).ToDictionary(product => product.Sku);
        }
        catch (DaprException e)
        {
            LeaveAlone(e);
            return [];
        }
    }

    private void LeaveAlone(DaprException e)
    {
        Volatile.Write(ref awaySince, time.GetTimestamp());
        CacheIsAway(log, e.Message);
    }

    private static string KeyOf(string sku) => $"shown-{sku}";

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The cache is away, products are read from the store: {Reason}")]
    private static partial void CacheIsAway(ILogger logger, string reason);
}
