using System.Globalization;
using DaprOrders.Contracts;
using DaprOrders.Ordering.Catalogue;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Ordering.Features;

internal static class OrderEndpoints
{
    private const int MaxPage = 10_000;

    public static void MapOrders(this IEndpointRouteBuilder routes)
    {
        var orders = routes.MapGroup("/orders");
        orders.MapGet("", ReadOrders.ListAsync);
        orders.MapGet("/stream", StreamOrders.HandleAsync);
        orders.MapGet("/{id}", ReadOrders.GetAsync);
        orders.MapGet("/{id}/events", ReadOrders.ListEventsAsync);
        orders.MapPost("/{id}/cancel", DecideOrder.CancelAsync);
        orders.MapPost("/{id}/approve", DecideOrder.ApproveAsync);
        orders.MapPost("/{id}/reject", DecideOrder.RejectAsync);
        orders.MapPost("/{id}/refund", DecideOrder.RefundAsync);
        orders.MapPost("/{id}/retry", DecideOrder.RetryAsync);
        routes.MapGet("/read-model/verify", ReadModel.VerifyAsync);
        routes.MapPost("/read-model/rebuild", ReadModel.RebuildAsync);
    }

    /// <summary>What the other services ask.</summary>
    public static void MapInternal(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/internal/prices/changed", async (PricesChanged changed, Prices prices, Terms terms) =>
        {
            prices.Changed(changed.Items);
            await terms.ChangedAsync();
            return TypedResults.NoContent();
        });
        routes.MapPost("/internal/limits/changed", async (CustomerLimit changed, Limits limits, Terms terms) =>
        {
            limits.Changed(changed);
            await terms.ChangedAsync();
            return TypedResults.NoContent();
        });
        routes.MapPost("/internal/orders/place", async (PlaceBatch batch, PlaceOrder place, CancellationToken cancellation) => TypedResults.Ok(await place.ManyAsync(batch, cancellation)));
        routes.MapGet("/internal/orders", async (OrderEventStore store, long after = 0, int limit = 1000) =>
        {
            var page = await store.Read.InOrderOfAcceptanceAsync(after, Math.Clamp(limit, 1, MaxPage));
            var events = await store.Read.EventNamesAsync(after, page.Count == 0 ? after : page[^1].Position); // read after the orders: never behind them
            var orders = page.Select(row => Audited(row.Position, row.State, [.. events[row.State.View.OrderId]])).ToList();
            return TypedResults.Ok(new OrdersPage(orders, orders.Count == Math.Clamp(limit, 1, MaxPage) ? orders[^1].Position : null));
        });
        routes.MapGet("/internal/orders/changes", async Task<IResult> (OrderEventStore store, string after = "", int limit = 1000) =>
        {
            var position = 0L;
            if (after.Length > 0 && !long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out position)) return Problems.Invalid("after", "not one that was given out").ToResult();
            var (orders, next, isMore) = await store.Read.ChangedAfterAsync(position, Math.Clamp(limit, 1, MaxPage));
            return TypedResults.Ok(new OrderChanges([.. orders.Select(order => Audited(order.Position, order.State, order.Events))], $"{next}", isMore));
        });
    }

    private static AuditedOrder Audited(long position, OrderState order, IReadOnlyList<string> events) => new(
        position, order.View.OrderId, order.View.Status, order.View.Total, [.. order.View.Items.Select(line => new StockLine(line.Sku, line.Quantity))], events, order.View.PlacedAt);
}
