using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;
using Xunit;

namespace DaprOrders.Ordering.Tests;

public sealed class OrderWatchTests
{
    [Fact]
    public async Task A_caller_who_leaves_ends_the_wait()
    {
        using var caller = new CancellationTokenSource();
        var waiting = new OrderWatch().WaitForEndAsync("o1", () => new(Some.Order()), TimeSpan.FromMinutes(5), caller.Token);

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_end_of_an_order_wakes_who_waits_for_it()
    {
        var (watch, order) = (new OrderWatch(), Some.Order());
        var waiting = watch.WaitForEndAsync("o1", () => new(order), TimeSpan.FromMinutes(5), CancellationToken.None);

        order = OrderFold.Apply(order, OrderEventNames.Rejected, Some.Now).State;
        watch.Changed(order);

        Assert.Equal("rejected", (await waiting.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken))!.View.Status);
    }
}
