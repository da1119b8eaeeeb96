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

    public long LastPosition() => file.Read(db => db.Query("SELECT ifnull(max(position), 0) FROM order_events", row => row.GetInt64(0))[0]);
}
