using Dapr.Workflow;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;

namespace DaprOrders.Ordering.Saga;

/// <summary>Everything is undone: the order ends cancelled when a cancel was accepted, whatever else went wrong since; else rejected.</summary>
internal sealed class EndOrder(OrderEventStore store, TimeProvider time) : WorkflowActivity<EndOrder.Input, string>
{
    public sealed record Input(string OrderId, string Reason);

    public override async Task<string> RunAsync(WorkflowActivityContext context, Input input)
    {
        var order = await store.AppendAsync(
            input.OrderId,
            state => [state.CancelledBy is null ? new Happening(OrderEventNames.Rejected, input.Reason) : new Happening(OrderEventNames.Cancelled, state.CancelledBy)],
            time.GetUtcNow());
        return order.View.Status;
    }
}
