using DaprOrders.Contracts;
using DaprOrders.Inventory.Products;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Inventory.Features;

/// <summary>Creates or changes a product; Ordering knows the new price before the answer goes out.</summary>
internal static partial class PutProduct
{
    public sealed record Request(string Name, Money Price);

    public static async Task<IResult> HandleAsync(
        string sku, HttpContext context, Caller caller, Catalogue catalogue, ShownProducts shown, StockOf stock, Invocation invoke, ILogger<Catalogue> log, CancellationToken cancellation)
    {
        if (!caller.IsOperator) return Problems.Forbidden("Only an operator changes products.").ToResult();
        var request = await Body.ReadAsync<Request>(context.Request, cancellation);
        if (!ProductEndpoints.IsSku(sku)) return Problems.Invalid("sku", "1 to 64 characters from [A-Za-z0-9_-]").ToResult();
        if (request.Name is not { Length: >= 1 and <= 200 }) return Problems.Invalid("name", "1 to 200 characters").ToResult();
        if (request.Price is not { Amount: >= 0 and <= 1_000_000_000_000 }) return Problems.Invalid("price", "an amount of 0 to 10^12 minor units").ToResult();
        if (request.Price.Currency is not { Length: 3 } currency || !currency.All(char.IsAsciiLetterUpper)) return Problems.Invalid("price", "a currency of three capitals").ToResult();

        var product = new ProductPrice(sku, request.Name, request.Price);
        await catalogue.SaveAsync(product, cancellation);
        await shown.KeepAsync([product], cancellation);
        await TellOrderingAsync(invoke, product, log, cancellation);
        var level = await stock.LevelAsync(sku, cancellation);
        return TypedResults.Ok(new Product(sku, product.Name, product.Price, level.Available));
    }

    /// <summary>When Ordering is away it has no cache that could be stale; when it is only slow, its cache ends by itself soon.</summary>
    private static async Task TellOrderingAsync(Invocation invoke, ProductPrice product, ILogger log, CancellationToken cancellation)
    {
        try
        {
            await invoke.PostAsync(Apps.Ordering, "internal/prices/changed", new PricesChanged([product]), cancellation);
        }
        catch (HttpRequestException e)
        {
            NotTold(log, product.Sku, e.Message);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Ordering was not told of the new price of {Sku}: {Reason}")]
    private static partial void NotTold(ILogger logger, string sku, string reason);
}
