using DaprOrders.Ordering.Orders;

namespace DaprOrders.Ordering.EventStore;

/// <summary>The stream as those who follow it read it.</summary>
internal sealed partial class OrderEventStore
{
    private static readonly string StatusNames = string.Join(',', OrderFold.ChangesStatus.Select(name => $"'{name}'"));

    public IReadOnlyList<StoredEvent> StatusChangesAfter(long position, int limit) => file.Read(db => db.Query(
        $"SELECT position, order_id, version, name, data FROM order_events WHERE position > ? AND name IN ({StatusNames}) ORDER BY position LIMIT ?", StoredEvent.Read, position, limit));

    /// <summary>Null when there is no event at this position, or one that changed no status.</summary>
    public StoredEvent? StatusChangeAt(long position) => file.Read(db => db.Query(
        $"SELECT position, order_id, version, name, data FROM order_events WHERE position = ? AND name IN ({StatusNames})", StoredEvent.Read, position).FirstOrDefault());

    /// <summary>
    /// Every order, once, that these events are of, as it is now, with the names of all its events from the stream itself; the states are read first, so a
    /// name is never missing that a state tells of. Next is the position to go on from.
    /// </summary>
    public (IReadOnlyList<ChangedOrder> Orders, long Next, bool IsMore) ChangedAfter(long position, int events) => file.Read(db =>
    {
        var found = db.Query("SELECT position, order_id FROM order_events WHERE position > ? ORDER BY position LIMIT ?", row => (Position: row.GetInt64(0), OrderId: row.GetString(1)), position, events);
        var states = found.Select(e => e.OrderId).Distinct().Select(id => db.Query("SELECT position, state FROM orders WHERE order_id = ?", row => (Position: row.GetInt64(0), State: State(row, 1)), id)).ToList();
        var orders = states.SelectMany(rows => rows).Select(row => new ChangedOrder(row.Position, row.State,
            db.Query("SELECT name FROM order_events WHERE order_id = ? ORDER BY version", name => name.GetString(0), row.State.View.OrderId))).ToList();
        return (orders, found.Count == 0 ? position : found[^1].Position, found.Count == events);
    });

    public long LastPosition() => file.Read(db => db.Query("SELECT ifnull(max(position), 0) FROM order_events", row => row.GetInt64(0))[0]);
}

internal sealed record ChangedOrder(long Position, OrderState State, IReadOnlyList<string> Events);
