using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;

namespace DaprOrders.Ordering.Saga;

/// <summary>An undo step that still fails after a while parks the order: visible, counted, and tried again for ever.</summary>
internal sealed class Parking(OrderEventStore store, TimeProvider time, OrderingOptions options)
{
    public async Task<string> UndoAsync(string orderId, Func<OrderState, Task> undo)
    {
        var now = time.GetUtcNow();
        var order = await store.AppendAsync(orderId, _ => [], now, state => state.UndoBegun && state.UndoBegunAt is not null ? state : state with { UndoBegun = true, UndoBegunAt = now });
        try
        {
            await undo(order);
            return StepOutcome.Done;
        }
        catch
        {
            if (now - order.UndoBegunAt > options.ParkAfter) await store.AppendAsync(orderId, _ => [new Happening(OrderEventNames.Parked)], now);
            throw; // the saga's policy tries again
        }
    }
}
