using DaprOrders.Contracts;
using DaprOrders.Inventory.Products;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Inventory.Features;

/// <summary>A SKU's ledger for operators, oldest first.</summary>
internal static class ShowLedger
{
    public sealed record Item(DateTimeOffset At, string Kind, long Quantity, string? OrderId);

    public sealed record Page(IReadOnlyList<Item> Items, string? NextCursor);

    public static async Task<IResult> HandleAsync(string sku, Caller caller, Catalogue catalogue, StockOf stock, string? limit, string? cursor, CancellationToken cancellation)
    {
        if (!caller.IsOperator) return Problems.Forbidden("Only an operator sees the ledger.").ToResult();
        if (!ProductEndpoints.IsSku(sku) || await catalogue.FindAsync(sku, cancellation) is null) return ProductEndpoints.NoSuchProduct(sku);
        var (count, after, problem) = ProductEndpoints.Page(limit, cursor);
        if (problem is not null) return problem.ToResult();
        if (after.Length > 0 && !long.TryParse(after, out _)) return Problems.Invalid("cursor", "not one that was given out").ToResult();

        var page = await stock.LedgerAsync(sku, new LedgerQuery(after.Length == 0 ? 0 : long.Parse(after), count), cancellation);
        return TypedResults.Ok(new Page([.. page.Items.Select(e => new Item(e.At, e.Kind, e.Quantity, e.OrderId))], page.Next is { } next ? ProductEndpoints.Cursor($"{next}") : null));
    }
}
