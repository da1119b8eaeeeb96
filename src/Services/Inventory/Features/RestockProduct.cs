using System.Security.Cryptography;
using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.Inventory.Products;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Inventory.Features;

/// <summary>Fills the shelf once per key: key, effect and what the answer says are one transaction of the actor.</summary>
internal static class RestockProduct
{
    private const int MaxQuantity = 1_000_000;

    public sealed record Request(int Quantity);

    public static async Task<IResult> HandleAsync(
        string sku, HttpContext context, Caller caller, Catalogue catalogue, StockOf stock, CancellationToken cancellation)
    {
        if (!caller.IsOperator) return Problems.Forbidden("Only an operator restocks.").ToResult();
        if (!ProductEndpoints.IsSku(sku) || await catalogue.FindAsync(sku, cancellation) is not { } product) return ProductEndpoints.NoSuchProduct(sku);
        var bytes = await Body.ReadBytesAsync(context.Request, cancellation);
        var (key, problem) = IdempotencyKey.Read(context.Request);
        if (problem is not null) return problem.ToResult();
        var request = Body.Parse<Request>(bytes);
        if (request.Quantity is < 1 or > MaxQuantity) return Problems.Invalid("quantity", $"1 to {MaxQuantity}").ToResult();

        var scope = $"restock-{Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new[] { caller.Subject, sku, key })))}";
        var hash = Convert.ToHexString(SHA256.HashData(bytes));
        var (done, isReplay) = await stock.RestockAsync(sku, new RestockStock(request.Quantity, scope, hash, product), cancellation);
        if (isReplay && done.BodyHash.Length > 0 && done.BodyHash != hash) return Problems.KeyReused().ToResult();
        if (isReplay) context.Response.Headers[IdempotencyKey.ReplayedHeader] = "true";
        var then = done.Product ?? product;
        return TypedResults.Ok(new Product(sku, then.Name, then.Price, done.Available));
    }
}
