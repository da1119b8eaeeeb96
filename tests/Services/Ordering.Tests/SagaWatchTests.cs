using Dapr.Workflow;
using DaprOrders.Ordering.Orders;
using DaprOrders.Ordering.Saga;
using Xunit;

namespace DaprOrders.Ordering.Tests;

public sealed class SagaWatchTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    [Theory]
    [InlineData(WorkflowRuntimeStatus.Running)]
    [InlineData(WorkflowRuntimeStatus.Pending)]
    [InlineData(WorkflowRuntimeStatus.Suspended)] // somebody did that, and can undo it
    [InlineData(WorkflowRuntimeStatus.Stalled)]   // waits for a worker that knows its history
    [InlineData(WorkflowRuntimeStatus.ContinuedAsNew)]
    [InlineData(WorkflowRuntimeStatus.Unknown)]
    public void A_saga_that_lives_or_waits_for_somebody_is_left_alone(WorkflowRuntimeStatus status) => Assert.Null(SagaWatch.LossOf(exists: true, status));

    [Theory]
    [InlineData(WorkflowRuntimeStatus.Failed, "failed")]
    [InlineData(WorkflowRuntimeStatus.Terminated, "terminated")]
    [InlineData(WorkflowRuntimeStatus.Canceled, "terminated")]
    [InlineData(WorkflowRuntimeStatus.Completed, "completed")]
    public void A_saga_that_ended_before_its_order_is_lost(WorkflowRuntimeStatus status, string loss) => Assert.Equal(loss, SagaWatch.LossOf(exists: true, status));

    [Theory]
    [InlineData(OrderStatus.Accepted, null, true)]
    [InlineData(OrderStatus.AwaitingApproval, null, true)]
    [InlineData(OrderStatus.Parked, null, true)]
    [InlineData(OrderStatus.Parked, "broken", true)]
    [InlineData(OrderStatus.Confirmed, "broken", true)]
    [InlineData(OrderStatus.Confirmed, null, false)]
    [InlineData(OrderStatus.Refunded, "broken", false)]
    [InlineData(OrderStatus.Rejected, null, false)]
    [InlineData(OrderStatus.Cancelled, null, false)]
    public void An_order_is_looked_at_while_something_is_owed_for_it(string status, string? refund, bool isLookedAt) =>
        Assert.Equal(isLookedAt, SagaWatch.IsToBeLookedAt(Order(status, refund), Some.Now + Patience, Patience));

    [Theory]
    [InlineData(OrderStatus.Accepted, null)]
    [InlineData(OrderStatus.Confirmed, "broken")]
    public void An_order_that_moves_is_left_alone(string status, string? refund) =>
        Assert.False(SagaWatch.IsToBeLookedAt(Order(status, refund), Some.Now + Patience - TimeSpan.FromSeconds(1), Patience));

    [Fact]
    public void A_refund_is_started_again_while_nothing_has_happened_to_its_order()
    {
        var then = Order(OrderStatus.Confirmed, "broken");

        Assert.True(SagaWatch.IsStillSo(then, Order(OrderStatus.Confirmed, "broken")));
        Assert.False(SagaWatch.IsStillSo(then, Moved(then, OrderStatus.Confirmed))); // a step was done meanwhile
        Assert.False(SagaWatch.IsStillSo(then, Moved(then, OrderStatus.Refunded)));
        Assert.False(SagaWatch.IsStillSo(then, null));
    }

    [Fact]
    public void What_was_found_of_an_orders_saga_says_nothing_of_its_refund()
    {
        var then = Order(OrderStatus.Parked, null);

        Assert.True(SagaWatch.IsStillSo(then, then));
        Assert.False(SagaWatch.IsStillSo(then, then with { RefundReason = "broken" }));
    }

    [Fact]
    public void A_saga_that_is_not_there_is_lost() => Assert.Equal("missing", SagaWatch.LossOf(exists: false, WorkflowRuntimeStatus.Unknown));

    private static OrderState Order(string status, string? refund)
    {
        var order = Some.Order();
        return order with { View = order.View with { Status = status }, RefundReason = refund };
    }

    private static OrderState Moved(OrderState order, string status) => order with { View = order.View with { Status = status, Version = order.View.Version + 1 } };
}
