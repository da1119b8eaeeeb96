using DaprOrders.Ordering.EventStore;

namespace DaprOrders.Ordering.Publishing;

/// <summary>
/// Events that were read and are not published yet, and which of them may go now. A broker without a bulk of its own is given a batch's entries side by
/// side, so a batch holds one event of an order at most, and an order with an event under way waits: an order's events reach the bus in their order
/// whatever it makes of a batch. Pure; not safe for concurrent use.
/// </summary>
internal sealed class Outgoing(long published)
{
    public const int MostWaiting = 2000;
    private const int MostInABatch = 500;
    private const int MostBytes = 96 * 1024; // Service Bus refuses a bulk above 128 KiB, envelopes included
    private const int Envelope = 600;
    private readonly List<StoredEvent> waiting = []; // by position; those under way too
    private readonly HashSet<string> underWay = [];  // orders

    /// <summary>Everything up to here has been read.</summary>
    public long ReadTo { get; private set; } = published;

    /// <summary>Everything up to here is published.</summary>
    public long Published => waiting.Count == 0 ? ReadTo : waiting[0].Position - 1;

    public int Room => MostWaiting - waiting.Count;

    public void Add(IReadOnlyList<StoredEvent> events)
    {
        waiting.AddRange(events);
        if (events.Count > 0) ReadTo = events[^1].Position;
    }

    /// <summary>The next batch, oldest first; empty when nothing may go, or when it would not be full and only a full one is worth it.</summary>
    public IReadOnlyList<StoredEvent> Take(bool onlyFull)
    {
        var batch = new List<StoredEvent>();
        var (bytes, isFull) = (0, false);
        var seen = new HashSet<string>(underWay);
        foreach (var stored in waiting)
        {
            if (!seen.Add(stored.OrderId)) continue;
            bytes += stored.Data.Length + Envelope;
            isFull = batch.Count == MostInABatch || (batch.Count > 0 && bytes > MostBytes);
            if (isFull) break;
            batch.Add(stored);
        }

        if (onlyFull && !isFull) return [];
        underWay.UnionWith(batch.Select(stored => stored.OrderId));
        return batch;
    }

    /// <summary>The batch is no longer under way; what failed of it waits again, with all that follows of its orders.</summary>
    public void Settle(IReadOnlyList<StoredEvent> batch, IReadOnlySet<StoredEvent> failed)
    {
        underWay.ExceptWith(batch.Select(stored => stored.OrderId));
        var done = batch.Where(stored => !failed.Contains(stored)).ToHashSet();
        waiting.RemoveAll(done.Contains);
    }
}
