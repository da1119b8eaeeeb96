using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.Ordering.Orders;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Ordering.EventStore;

/// <summary>What an operator wants to know of the store.</summary>
internal sealed partial class OrderEventStore
{
    /// <summary>By the index over status: it costs what is open, not what is stored.</summary>
    public OpenOrders Open() => file.Read(db => new OpenOrders(db
        .Query("SELECT status, count(*), min(position) FROM orders WHERE status IN (?, ?, ?) GROUP BY status",
            row => (Status: row.GetString(0), Count: row.GetInt64(1), Oldest: row.GetInt64(2)), OrderStatus.Accepted, OrderStatus.AwaitingApproval, OrderStatus.Parked)
        .ToDictionary(open => open.Status, open => new OpenStatus(
            open.Count, db.Query("SELECT state FROM orders WHERE position = ?", row => State(row, 0), open.Oldest).FirstOrDefault()?.View.PlacedAt))));

    public Outbox Outbox() => file.Read(db =>
    {
        var oldest = db.Query("SELECT e.data FROM relay r JOIN order_events e ON e.position > r.position ORDER BY e.position LIMIT 1",
            row => JsonSerializer.Deserialize<OrderEvent>((byte[])row.GetValue(0), Defaults.Json)!).FirstOrDefault();
        return new Outbox(db.Query("SELECT ifnull((SELECT max(position) FROM order_events), 0) - position FROM relay", row => row.GetInt64(0)).FirstOrDefault(), oldest?.At);
    });
}

/// <summary>Orders that have not ended, by status.</summary>
internal sealed record OpenOrders(IReadOnlyDictionary<string, OpenStatus> ByStatus)
{
    public OpenStatus Of(string status) => ByStatus.GetValueOrDefault(status) ?? new OpenStatus(0, null);
}

internal sealed record OpenStatus(long Count, DateTimeOffset? OldestAt);

/// <summary>Events that the bus has not taken yet.</summary>
internal sealed record Outbox(long Waiting, DateTimeOffset? OldestAt);
