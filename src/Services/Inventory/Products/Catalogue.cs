using System.Text.Json;
using Dapr.Client;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Inventory.Products;

/// <summary>Names and prices in Dapr state: a document a product, and one sorted list of all SKUs for paging. Safe for concurrent use.</summary>
internal sealed class Catalogue(DaprClient dapr) : IDisposable
{
    private const string IndexKey = "catalogue";
    private readonly SemaphoreSlim index = new(1, 1);

    public async Task<ProductPrice?> FindAsync(string sku, CancellationToken cancellation) =>
        await dapr.GetStateAsync<ProductPrice?>(Components.Documents, Key(sku), cancellationToken: cancellation);

    /// <summary>Unknown ones are left out.</summary>
    public async Task<IReadOnlyList<ProductPrice>> FindManyAsync(IReadOnlyList<string> skus, CancellationToken cancellation)
    {
        if (skus.Count == 0) return [];
        var items = await dapr.GetBulkStateAsync(Components.Documents, [.. skus.Distinct().Select(Key)], parallelism: 8, cancellationToken: cancellation);
        var found = items.Where(item => item.Value is { Length: > 0 }).Select(item => JsonSerializer.Deserialize<ProductPrice>(item.Value, Defaults.Json)!).ToDictionary(p => p.Sku);
        return [.. skus.Where(found.ContainsKey).Select(sku => found[sku])];
    }

    public async Task SaveAsync(ProductPrice product, CancellationToken cancellation)
    {
        await dapr.SaveStateAsync(Components.Documents, Key(product.Sku), product, cancellationToken: cancellation);
        await index.WaitAsync(cancellation);
        try
        {
            while (!await TryAddToIndexAsync(product.Sku, cancellation))
            {
                // Another replica changed the list in between: read it again. Ends when it is ours to write.
            }
        }
        finally
        {
            index.Release();
        }
    }

    /// <summary>SKUs after this one, in order.</summary>
    public async Task<IReadOnlyList<string>> SkusAsync(string after, int limit, CancellationToken cancellation)
    {
        var all = await dapr.GetStateAsync<List<string>>(Components.Documents, IndexKey, cancellationToken: cancellation) ?? [];
        return [.. all.Where(sku => string.CompareOrdinal(sku, after) > 0).Take(limit)];
    }

    public void Dispose() => index.Dispose();

    private async Task<bool> TryAddToIndexAsync(string sku, CancellationToken cancellation)
    {
        var (skus, etag) = await dapr.GetStateAndETagAsync<List<string>>(Components.Documents, IndexKey, cancellationToken: cancellation);
        skus ??= [];
        var at = skus.BinarySearch(sku, StringComparer.Ordinal);
        if (at >= 0) return true;
        skus.Insert(~at, sku);
        return await dapr.TryWriteAsync(Components.Documents, IndexKey, skus, etag, cancellation);
    }

    private static string Key(string sku) => $"product-{sku}";
}
