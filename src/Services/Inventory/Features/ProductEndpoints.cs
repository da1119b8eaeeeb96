using System.Text.RegularExpressions;
using DaprOrders.Contracts;
using DaprOrders.Inventory.Products;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Inventory.Features;

/// <summary>A product as api.md shows it.</summary>
public sealed record Product(string Sku, string Name, Money Price, long Available);

public sealed record ProductPage(IReadOnlyList<Product> Items, string? NextCursor);

internal static partial class ProductEndpoints
{
    public static void MapProducts(this IEndpointRouteBuilder routes)
    {
        var products = routes.MapGroup("/products");
        products.MapGet("", ListAsync);
        products.MapGet("/{sku}", GetAsync);
        products.MapPut("/{sku}", PutProduct.HandleAsync);
        products.MapPost("/{sku}/restock", RestockProduct.HandleAsync);
        products.MapGet("/{sku}/ledger", ShowLedger.HandleAsync);
    }

    public static bool IsSku(string text) => Sku().IsMatch(text);

    public static ProblemResult NoSuchProduct(string sku) => Problems.NotFound($"There is no product {(IsSku(sku) ? sku : "of this name")}.").ToResult();

    /// <summary>limit and cursor of every collection: 1..200, 50 by default; the cursor is the last key of the page before.</summary>
    public static (int Limit, string After, Problem? Problem) Page(string? limit, string? cursor)
    {
        if (limit is not null && (!int.TryParse(limit, out var number) || number is < 1 or > 200)) return (0, "", Problems.Invalid("limit", "1 to 200"));
        try
        {
            var after = cursor is null ? "" : System.Text.Encoding.UTF8.GetString(Convert.FromHexString(cursor));
            return (limit is null ? 50 : int.Parse(limit), after, null);
        }
        catch (FormatException)
        {
            return (0, "", Problems.Invalid("cursor", "not one that was given out"));
        }
    }

    public static string Cursor(string last) => Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(last));

    private static async Task<IResult> ListAsync(Catalogue catalogue, ShownProducts shown, StockOf stock, string? limit, string? cursor, CancellationToken cancellation)
    {
        var (count, after, problem) = Page(limit, cursor);
        if (problem is not null) return problem.ToResult();
        var skus = await catalogue.SkusAsync(after, count + 1, cancellation);
        var found = await shown.FindManyAsync([.. skus.Take(count)], cancellation);
        var products = await Task.WhenAll(found.Select(async p => new Product(p.Sku, p.Name, p.Price, (await stock.LevelAsync(p.Sku, cancellation)).Available)));
        return TypedResults.Ok(new ProductPage(products, skus.Count > count ? Cursor(skus[count - 1]) : null));
    }

    private static async Task<IResult> GetAsync(string sku, ShownProducts shown, StockOf stock, CancellationToken cancellation)
    {
        if (!IsSku(sku) || await shown.FindAsync(sku, cancellation) is not { } found) return NoSuchProduct(sku);
        var level = await stock.LevelAsync(sku, cancellation);
        return TypedResults.Ok(new Product(found.Sku, found.Name, found.Price, level.Available));
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,64}\z")]
    private static partial Regex Sku();
}
