using System.Collections.Concurrent;
using DaprOrders.Ordering.Orders;

namespace DaprOrders.Ordering.EventStore;

/// <summary>
/// Orders that were written lately, as they are committed, so that a step does not read and parse what its process has just written. The writer sees
/// what its own transaction has written before; everybody else sees it once it is durable. Reading is safe for concurrent use; writing is the writer's.
/// </summary>
internal sealed class HotOrders
{
    private const int MostKept = 10_000;
    private readonly ConcurrentDictionary<string, OrderState> committed = new();
    private readonly Dictionary<string, OrderState> written = [];

    public OrderState? Find(string orderId) => committed.GetValueOrDefault(orderId);

    public OrderState? FindInTransaction(string orderId) => written.TryGetValue(orderId, out var state) ? state : Find(orderId);

    /// <summary>The last thing that a work does: what it wrote, in the open transaction.</summary>
    public void Written(OrderState state) => written[state.View.OrderId] = state;

    public void Ended(bool wasCommitted)
    {
        if (wasCommitted)
            foreach (var (id, state) in written) committed[id] = state;
        written.Clear();
        if (committed.Count > MostKept) Forget();
    }

    private void Forget()
    {
        foreach (var (id, state) in committed)
            if (state.IsTerminal) committed.TryRemove(id, out _);
        if (committed.Count > MostKept) committed.Clear();
    }
}
