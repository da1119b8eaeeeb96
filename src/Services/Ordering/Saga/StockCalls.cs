using Dapr.Actors;
using Dapr.Actors.Client;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Ordering.Saga;

/// <summary>The SKUs' actors, called for many orders at a time: what arrives together is one call a SKU and method.</summary>
internal sealed class StockCalls : IAsyncDisposable
{
    private readonly IActorProxyFactory proxies;
    private readonly MicroBatch<Wish, string> calls;

    public StockCalls(IActorProxyFactory proxies)
    {
        this.proxies = proxies;
        calls = new(CallAsync, maxItems: 512, spacing: TimeSpan.FromMilliseconds(10), name: "stock of orders");
    }

    /// <summary>One outcome a line. Throws when an actor could not be reached; the step is then tried again.</summary>
    public Task<string[]> CallAsync(string method, OrderView order) =>
        Task.WhenAll(order.Items.Select(line => calls.AddAsync(new Wish(line.Sku, method, new StockItem(order.OrderId, line.Quantity)))));

    public ValueTask DisposeAsync() => calls.DisposeAsync();

    private async Task<IReadOnlyList<string>> CallAsync(IReadOnlyList<Wish> wishes)
    {
        var outcomes = new string[wishes.Count];
        await Task.WhenAll(Enumerable.Range(0, wishes.Count).GroupBy(i => (wishes[i].Sku, wishes[i].Method)).Select(async group =>
        {
            var places = group.ToArray();
            var actor = proxies.Create(new ActorId(group.Key.Sku), StockActor.Type);
            var results = await actor.InvokeMethodAsync<StockBatch, StockResults>(group.Key.Method, new StockBatch([.. places.Select(i => wishes[i].Item)]));
            for (var i = 0; i < places.Length; i++) outcomes[places[i]] = results.Outcomes[i];
        }));
        return outcomes;
    }

    private readonly record struct Wish(string Sku, string Method, StockItem Item);
}
