using System.Security.Cryptography;
using System.Text.Json;
using Dapr.Client;
using DaprOrders.Contracts;
using DaprOrders.Inventory.Products;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Inventory.Features;

/// <summary>Fills the shelf once per key: the actor knows the key, so a crash before the answer was stored changes nothing.</summary>
internal static class RestockProduct
{
    private const int MaxQuantity = 1_000_000;
    private static readonly Dictionary<string, string> Retention = new() { ["ttlInSeconds"] = "86400" };

    public sealed record Request(int Quantity);

    public sealed record Stored(string BodyHash, string Answer);

    public static async Task<IResult> HandleAsync(
        string sku, HttpContext context, Caller caller, Catalogue catalogue, StockOf stock, DaprClient dapr, CancellationToken cancellation)
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
        var stored = await dapr.GetStateAsync<Stored?>(Components.Documents, scope, cancellationToken: cancellation);
        if (stored is null)
        {
            var level = await stock.RestockAsync(sku, new RestockStock(request.Quantity, scope), cancellation);
            stored = new Stored(hash, JsonSerializer.Serialize(new Product(sku, product.Name, product.Price, level.Available), Defaults.Json));
            await dapr.SaveStateAsync(Components.Documents, scope, stored, metadata: Retention, cancellationToken: cancellation);
        }
        else
        {
            if (stored.BodyHash != hash) return Problems.KeyReused().ToResult();
            context.Response.Headers[IdempotencyKey.ReplayedHeader] = "true";
        }

        return TypedResults.Text(stored.Answer, "application/json");
    }
}
