using Dapr.Workflow;
using DaprOrders.Contracts;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;

namespace DaprOrders.Ordering.Saga;

/// <summary>Reserves every line; one that is short makes the order out of stock.</summary>
internal sealed class ReserveStock(OrderEventStore store, StockCalls stock, TimeProvider time) : WorkflowActivity<string, string>
{
    public override async Task<string> RunAsync(WorkflowActivityContext context, string input)
    {
        var order = (await store.FindAsync(input))!;
        if (order.Has(OrderEventNames.StockReserved)) return StepOutcome.Done;
        if (order.Has(OrderEventNames.StockRejected)) return StepOutcome.Refused;
        var outcomes = await stock.CallAsync(StockActor.Reserve, order.View);
        var reserved = outcomes.All(outcome => outcome == StockOutcome.Ok);
        await store.AppendAsync(input, _ => [new Happening(reserved ? OrderEventNames.StockReserved : OrderEventNames.StockRejected)], time.GetUtcNow());
        return reserved ? StepOutcome.Done : StepOutcome.Refused;
    }
}

/// <summary>The last step: what was reserved is sold, and the order is confirmed in the same commit.</summary>
internal sealed class ConfirmStock(OrderEventStore store, StockCalls stock, TimeProvider time) : WorkflowActivity<string, string>
{
    public override async Task<string> RunAsync(WorkflowActivityContext context, string input)
    {
        var order = (await store.FindAsync(input))!;
        if (order.IsTerminal) return order.View.Status;
        var outcomes = await stock.CallAsync(StockActor.Confirm, order.View);
        if (outcomes.Any(outcome => outcome != StockOutcome.Ok)) throw new InvalidOperationException($"The reservation of {input} is gone: {string.Join(", ", outcomes)}.");
        order = await store.AppendAsync(input, _ => [new Happening(OrderEventNames.StockConfirmed), new Happening(OrderEventNames.Confirmed)], time.GetUtcNow());
        return order.View.Status;
    }
}

/// <summary>Undoes the reservation, whole or half. One that never took place is noted at the SKU, so that it is refused when it comes late.</summary>
internal sealed class ReleaseStock(OrderEventStore store, StockCalls stock, Parking parking, TimeProvider time) : WorkflowActivity<string, string>
{
    public override Task<string> RunAsync(WorkflowActivityContext context, string input) => parking.UndoAsync(input, async order =>
    {
        var outcomes = await stock.CallAsync(StockActor.Release, order.View);
        await store.AppendAsync(input, _ => outcomes.Contains(StockOutcome.Ok) ? [new Happening(OrderEventNames.StockReleased)] : [], time.GetUtcNow());
    });
}
