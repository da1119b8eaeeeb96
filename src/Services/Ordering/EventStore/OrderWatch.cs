using System.Collections.Concurrent;
using DaprOrders.Ordering.Orders;

namespace DaprOrders.Ordering.EventStore;

/// <summary>Wakes those who wait for an order's end (Prefer: wait). Safe for concurrent use; an order that nobody waits for costs one look-up.</summary>
internal sealed class OrderWatch
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> waiting = new();

    public void Changed(OrderState state)
    {
        if ((state.IsTerminal || state.View.Status is OrderStatus.AwaitingApproval or OrderStatus.Parked) && waiting.TryRemove(state.View.OrderId, out var ended)) ended.TrySetResult();
    }

    /// <summary>Reads until the order is terminal or the time is over; another replica's changes are seen within a second.</summary>
    public async Task<OrderState?> WaitForEndAsync(string orderId, Func<OrderState?> read, TimeSpan atMost, CancellationToken cancellation)
    {
        var until = Environment.TickCount64 + (long)atMost.TotalMilliseconds;
        while (true)
        {
            var ended = waiting.GetOrAdd(orderId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            var state = read();
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
