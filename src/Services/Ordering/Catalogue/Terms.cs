using DaprOrders.Ordering.EventStore;

namespace DaprOrders.Ordering.Catalogue;

/// <summary>
/// Prices and limits are remembered for seconds, and whoever changes one tells Ordering before he answers; one process of Ordering, that is. It raises a
/// number in the event store, which every process reads with the key of each order: who finds another than before forgets what he remembers, so the next
/// order has the new terms wherever it is placed. Safe for concurrent use.
/// </summary>
internal sealed class Terms(OrderEventStore store, Prices prices, Limits limits)
{
    private readonly Lock gate = new();
    private long known;

    /// <summary>True of every order that is placed after it has returned.</summary>
    public Task ChangedAsync() => store.Read.RaiseTermsAsync();

    public void Follow(long terms)
    {
        lock (gate)
        {
            if (terms <= known) return;
            prices.Forget(); // before the number is known: nobody goes on with what it makes old
            limits.Forget();
            known = terms;
        }
    }
}
