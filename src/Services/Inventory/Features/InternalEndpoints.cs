using DaprOrders.Contracts;
using DaprOrders.Inventory.Products;

namespace DaprOrders.Inventory.Features;

/// <summary>What the other services ask: prices for Ordering, levels and ledgers for the Auditor.</summary>
internal static class InternalEndpoints
{
    private const int MostLevels = 1000;

    public static void MapInternal(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/internal/prices", async (PriceQuery query, Catalogue catalogue, CancellationToken cancellation) =>
            TypedResults.Ok(new PriceList(await catalogue.FindManyAsync(query.Skus, cancellation))));
        routes.MapGet("/internal/stock", LevelsAsync);
        routes.MapGet("/internal/stock/{sku}/ledger", async (string sku, StockOf stock, CancellationToken cancellation, long after = 0, int limit = 1000) =>
            TypedResults.Ok(await stock.LedgerAsync(sku, new LedgerQuery(after, limit), cancellation)));
    }

    private static async Task<IResult> LevelsAsync(Catalogue catalogue, StockOf stock, CancellationToken cancellation, string? sku = null, string after = "", int limit = 1000)
    {
        if (sku is not null) return TypedResults.Ok(new StockPage([await stock.LevelAsync(sku, cancellation)], null));
        limit = Math.Clamp(limit, 1, MostLevels);
        var skus = await catalogue.SkusAsync(after, limit + 1, cancellation);
        var levels = new List<StockLevel>();
        foreach (var group in skus.Take(limit).Chunk(16)) levels.AddRange(await Task.WhenAll(group.Select(s => stock.LevelAsync(s, cancellation))));
        return TypedResults.Ok(new StockPage(levels, skus.Count > limit ? skus[limit - 1] : null));
    }
}
