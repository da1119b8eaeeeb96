using System.Collections.Concurrent;
using DaprOrders.Ordering.Orders;

namespace DaprOrders.Ordering.EventStore;

/// <summary>
/// Orders that were written or read lately, as they were committed, so that a step does not read and parse what its process has just written. Where other
/// processes write too, what is here counts only for as long as its revision is the row's. Safe for concurrent use.
/// </summary>
internal sealed class HotOrders
{
    private const int MostKept = 10_000;
    private readonly ConcurrentDictionary<string, (long Revision, OrderState State)> committed = new();

    public OrderState? Find(string orderId) => committed.TryGetValue(orderId, out var found) ? found.State : null;

    /// <summary>-1 of an order that is not here.</summary>
    public long RevisionOf(string orderId) => committed.TryGetValue(orderId, out var found) ? found.Revision : -1;

    /// <summary>Null unless it is here in exactly this revision.</summary>
    public OrderState? Find(string orderId, long revision) => committed.TryGetValue(orderId, out var found) && found.Revision == revision ? found.State : null;

    /// <summary>After the commit.</summary>
    public void Put(OrderState state, long revision = 0)
    {
        // Of two writers on their way here the older must not win.
        committed.AddOrUpdate(state.View.OrderId, (revision, state), (_, known) => known.Revision > revision ? known : (revision, state));
        if (committed.Count > MostKept) Forget();
    }

    private void Forget()
    {
        foreach (var (id, found) in committed)
            if (found.State.IsTerminal) committed.TryRemove(id, out _);
        if (committed.Count > MostKept) committed.Clear();
    }
}
