using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;
using Xunit;

namespace DaprOrders.Ordering.Tests;

/// <summary>Orders that are to be refunded are found among all that are confirmed, until they are.</summary>
public abstract partial class EventStoreContract
{
    [Fact]
    public async Task A_refund_is_listed_from_when_its_saga_was_told_until_the_order_is_refunded()
    {
        await ConfirmedAsync("o1");
        Assert.Empty(await RefundsAsync());

        await RefundAsync("o1");
        Assert.Empty(await RefundsAsync()); // its command waits: the saga cannot be lost yet
        await TellAsync();
        Assert.Equal(["o1"], await RefundsAsync());
        await store.AppendAsync("o1", _ => [new Happening(OrderEventNames.PaymentRefunded)], Some.Now);
        Assert.Equal(["o1"], await RefundsAsync());

        await store.AppendAsync("o1", state => [new Happening(OrderEventNames.StockReturned), new Happening(OrderEventNames.Refunded, state.RefundReason)], Some.Now);
        Assert.Empty(await RefundsAsync());
    }

    [Fact]
    public async Task A_parked_refund_is_an_open_order_and_listed_there()
    {
        await ConfirmedAsync("o1");
        await RefundAsync("o1");
        await TellAsync();

        await store.AppendAsync("o1", _ => [new Happening(OrderEventNames.Parked)], Some.Now);

        Assert.Empty(await RefundsAsync());
        Assert.Equal("o1", Assert.Single(await store.Read.PageAsync(long.MaxValue, 10, null, OrderStatus.Parked)).State.View.OrderId);
    }

    [Fact]
    public async Task Refunds_are_paged_by_id()
    {
        foreach (var id in new[] { "o2", "o3", "o1" }) await ConfirmedAsync(id);
        foreach (var id in new[] { "o3", "o1", "o2" }) await RefundAsync(id);
        await TellAsync();

        Assert.Equal(["o1", "o2"], (await store.Read.RefundsAsync("", 2)).Select(order => order.State.View.OrderId));
        Assert.Equal(["o3"], (await store.Read.RefundsAsync("o2", 2)).Select(order => order.State.View.OrderId));
    }

    [Fact]
    public async Task Refunds_that_were_under_way_before_they_were_listed_are_listed()
    {
        foreach (var id in new[] { "o1", "o2", "o3" }) await ConfirmedAsync(id);
        foreach (var id in new[] { "o1", "o2" }) await RefundAsync(id);
        await TellAsync();
        await store.AppendAsync("o2", _ => [new Happening(OrderEventNames.Refunded, "broken")], Some.Now);
        await store.DisposeAsync();
        await ExecuteAsync(BeforeRefunds);

        store = new OrderEventStore(Open(), new OrderWatch());

        Assert.Equal(["o1"], await RefundsAsync());
    }

    private async Task ConfirmedAsync(string id)
    {
        await PlaceAsync(id);
        await store.AppendAsync(id, _ => [new Happening(OrderEventNames.Confirmed)], Some.Now);
    }

    private Task RefundAsync(string id) => store.DecideAsync(id, null, order => (order with { RefundReason = "broken" }, SagaCommand.Refund), Some.Now);

    private async Task TellAsync() => await store.SetCarriedOutAsync(await CommandsAsync());

    private async Task<IEnumerable<string>> RefundsAsync() => (await store.Read.RefundsAsync("", 10)).Select(order => order.State.View.OrderId);
}
