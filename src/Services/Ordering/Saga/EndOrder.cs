using Dapr.Workflow;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;

namespace DaprOrders.Ordering.Saga;

/// <summary>Everything is undone: the order ends rejected or cancelled.</summary>
internal sealed class EndOrder(OrderEventStore store, TimeProvider time) : WorkflowActivity<EndOrder.Input, string>
{
    public sealed record Input(string OrderId, string Status, string? Reason);

    public override async Task<string> RunAsync(WorkflowActivityContext context, Input input)
    {
        var order = await store.AppendAsync(
            input.OrderId, state => [new Happening(input.Status, input.Reason ?? state.CancelledBy)], time.GetUtcNow());
        return order.View.Status;
    }
}
