using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;

namespace DaprOrders.Ordering.Saga;

/// <summary>An undo step that still fails after a while parks the order: visible, counted, and tried again for ever.</summary>
internal sealed partial class Parking(OrderEventStore store, TimeProvider time, OrderingOptions options, ILogger<Parking> log)
{
    /// <summary>"done", or "again" when the step failed.</summary>
    public async Task<string> UndoAsync(string orderId, Func<OrderState, Task> undo)
    {
        var now = time.GetUtcNow();
        var order = await store.AppendAsync(orderId, _ => [], now, state => state.BeginUndo(now));
        try
        {
            await undo(order);
            return StepOutcome.Done;
        }
        catch (Exception e)
        {
            UndoFailed(log, orderId, e.Message);
            if (time.GetUtcNow() - order.UndoBegunAt >= options.ParkAfter) await store.AppendAsync(orderId, _ => [new Happening(OrderEventNames.Parked)], time.GetUtcNow());
            return StepOutcome.Again;
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "An undo step of {OrderId} failed and is tried again: {Reason}")]
    private static partial void UndoFailed(ILogger logger, string orderId, string reason);
}
