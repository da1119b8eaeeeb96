using DaprOrders.Ordering.Orders;
using Xunit;

namespace DaprOrders.Ordering.Tests;

public sealed class OrderFoldTests
{
    [Fact]
    public void A_plain_order_is_confirmed_by_six_events_and_two_statuses()
    {
        var order = After(
            OrderEventNames.StockReserved, OrderEventNames.PaymentAuthorised, OrderEventNames.PaymentCaptured, OrderEventNames.StockConfirmed, OrderEventNames.Confirmed);

        Assert.Equal((6, "confirmed", "captured"), ((int)order.View.Version, order.View.Status, order.View.Payment.Status));
        Assert.Equal(["accepted", "confirmed"], order.View.History.Select(entry => entry.Status));
        Assert.False(order.UndoBegun);
    }

    [Fact]
    public void A_declined_capture_that_is_voided_leaves_the_payment_voided()
    {
        var order = After(OrderEventNames.PaymentAuthorised, OrderEventNames.PaymentDeclined, OrderEventNames.PaymentVoided, OrderEventNames.Rejected);

        Assert.Equal(("rejected", "voided"), (order.View.Status, order.View.Payment.Status));
        Assert.True(order.UndoBegun);
    }

    [Fact]
    public void An_event_happens_once_and_nothing_happens_after_the_end()
    {
        var open = After(OrderEventNames.StockReserved);
        var ended = After(OrderEventNames.StockRejected, OrderEventNames.Rejected);

        Assert.False(OrderFold.MayHappen(open, OrderEventNames.StockReserved));
        Assert.True(OrderFold.MayHappen(open, OrderEventNames.PaymentAuthorised));
        Assert.False(OrderFold.MayHappen(ended, OrderEventNames.PaymentAuthorised));
    }

    private static OrderState After(params string[] events) => events.Aggregate(Some.Order(), (order, name) => OrderFold.Apply(order, name, Some.Now));
}
