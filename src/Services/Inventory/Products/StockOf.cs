using Dapr.Actors;
using Dapr.Actors.Client;
using DaprOrders.Contracts;

namespace DaprOrders.Inventory.Products;

/// <summary>The actor of a SKU, as the HTTP face calls it.</summary>
internal sealed class StockOf(IActorProxyFactory proxies)
{
    public Task<StockLevel> LevelAsync(string sku, CancellationToken cancellation) => Proxy(sku).InvokeMethodAsync<StockLevel>(StockActor.Level, cancellation);

    public Task<RestockResult> RestockAsync(string sku, RestockStock command, CancellationToken cancellation) =>
        Proxy(sku).InvokeMethodAsync<RestockStock, RestockResult>(StockActor.Restock, command, cancellation);

    public Task<LedgerPage> LedgerAsync(string sku, LedgerQuery query, CancellationToken cancellation) =>
        Proxy(sku).InvokeMethodAsync<LedgerQuery, LedgerPage>(StockActor.Ledger, query, cancellation);

    private ActorProxy Proxy(string sku) => proxies.Create(new ActorId(sku), StockActor.Type);
}
