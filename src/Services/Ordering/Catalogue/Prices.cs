using System.Collections.Concurrent;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Ordering.Catalogue;

/// <summary>Prices as Inventory has them. Kept for a few seconds; Inventory pushes changes to us before it answers. Safe for concurrent use.</summary>
internal sealed class Prices(Invocation invoke, TimeProvider time)
{
    private const int MostKept = 100_000;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<string, (ProductPrice Price, DateTimeOffset At)> kept = new();
    private long forgotten; // ticks: what was asked for before is kept no more

    public void Changed(IEnumerable<ProductPrice> prices)
    {
        if (kept.Count > MostKept) kept.Clear();
        foreach (var price in prices) kept[price.Sku] = (price, time.GetUtcNow());
    }

    public void Forget()
    {
        Interlocked.Exchange(ref forgotten, time.GetUtcNow().UtcTicks);
        kept.Clear();
    }

    /// <summary>What was asked for at this time; a change that was pushed since then is newer and stays.</summary>
    private void Fetched(IEnumerable<ProductPrice> prices, DateTimeOffset asked)
    {
        if (asked.UtcTicks <= Interlocked.Read(ref forgotten)) return;
        if (kept.Count > MostKept) kept.Clear();
        foreach (var price in prices) kept.AddOrUpdate(price.Sku, (price, asked), (_, known) => known.At > asked ? known : (price, asked));
    }

    /// <summary>The prices of these SKUs; unknown ones are left out. Throws when Inventory is away and something is not known here.</summary>
    public async Task<IReadOnlyDictionary<string, ProductPrice>> OfAsync(IReadOnlyList<string> skus, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var found = new Dictionary<string, ProductPrice>();
        foreach (var sku in skus)
            if (kept.TryGetValue(sku, out var entry) && now - entry.At < Fresh) found[sku] = entry.Price;
        if (found.Count == skus.Count) return found;

        var query = new PriceQuery([.. skus.Where(sku => !found.ContainsKey(sku))]);
        var answer = await invoke.PostAsync<PriceList>(Apps.Inventory, "internal/prices", query, cancellation);
        Fetched(answer.Items, now);
        foreach (var price in answer.Items) found[price.Sku] = kept.TryGetValue(price.Sku, out var known) ? known.Price : price;
        return found;
    }
}
