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

    [Fact]
    public void The_payment_token_is_forgotten_once_it_was_used()
    {
        Assert.Equal("tok_visa_ok", After(OrderEventNames.StockReserved).PaymentToken);
        Assert.Equal("", After(OrderEventNames.PaymentAuthorised).PaymentToken);
        Assert.Equal("", After(OrderEventNames.StockRejected, OrderEventNames.Rejected).PaymentToken);
    }

    [Fact]
    public void A_confirmed_order_may_only_be_refunded_and_only_when_it_was_decided()
    {
        var confirmed = After(OrderEventNames.PaymentCaptured, OrderEventNames.Confirmed);
        var decided = confirmed with { RefundReason = "broken" };

        Assert.False(OrderFold.MayHappen(confirmed, OrderEventNames.PaymentRefunded));
        Assert.True(OrderFold.MayHappen(decided, OrderEventNames.PaymentRefunded));
        Assert.False(OrderFold.MayHappen(decided, OrderEventNames.PaymentVoided));
    }

    [Fact]
    public void While_nobody_knows_whether_the_money_was_taken_the_payment_is_unknown()
    {
        var parked = After(OrderEventNames.Parked);

        Assert.Equal("unknown", parked.View.Payment.Status);
        Assert.Equal("none", OrderFold.Apply(parked, OrderEventNames.Rejected, Some.Now, "payment-unavailable").State.View.Payment.Status);
    }

    private static OrderState After(params string[] events) => events.Aggregate(Some.Order(), (order, name) => OrderFold.Apply(order, name, Some.Now).State);
}
