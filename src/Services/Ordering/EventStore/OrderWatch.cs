using System.Collections.Concurrent;
using DaprOrders.Ordering.Orders;

namespace DaprOrders.Ordering.EventStore;

/// <summary>Wakes those who wait for an order's end (Prefer: wait). Safe for concurrent use; an order that nobody waits for costs one look-up.</summary>
internal sealed class OrderWatch
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> waiting = new();

    /// <summary>True when the order has come to where somebody may wait for it, here or at another process.</summary>
    public bool Changed(OrderState state)
    {
        if (!state.IsTerminal && state.View.Status is not (OrderStatus.AwaitingApproval or OrderStatus.Parked)) return false;
        Wake(state.View.OrderId);
        return true;
    }

    public void Wake(string orderId)
    {
        if (waiting.TryRemove(orderId, out var ended)) ended.TrySetResult();
    }

    /// <summary>Reads until the order is terminal or the time is over; what another process changed is seen within a second, however it was told.</summary>
    public async Task<OrderState?> WaitForEndAsync(string orderId, Func<ValueTask<OrderState?>> read, TimeSpan atMost, CancellationToken cancellation)
    {
        var until = Environment.TickCount64 + (long)atMost.TotalMilliseconds;
        while (true)
        {
            var ended = waiting.GetOrAdd(orderId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            var state = await read();
            var left = until - Environment.TickCount64;
            if (state is null || state.IsTerminal || left <= 0)
            {
                if (state is null or { IsTerminal: true }) waiting.TryRemove(orderId, out _); // nobody would wake, or remove, this entry again
                return state;
            }

            await Task.WhenAny(ended.Task, Task.Delay(TimeSpan.FromMilliseconds(Math.Min(left, 1000)), cancellation));
            cancellation.ThrowIfCancellationRequested(); // WhenAny hides it, and the loop would read without pause until the time is over
        }
    }
}
