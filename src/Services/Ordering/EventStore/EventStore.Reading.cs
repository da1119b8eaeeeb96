using System.Text.Json;
using DaprOrders.Ordering.Orders;
using DaprOrders.ServiceDefaults;
using Microsoft.Data.Sqlite;

namespace DaprOrders.Ordering.EventStore;

internal sealed partial class OrderEventStore
{
    public StoredAnswer? FindAnswer(string scopedKey) => file.Read(db => FindAnswer(db, scopedKey));

    public OrderState? Find(string orderId) => hot.Find(orderId) ?? file.Read(db => FromFile(db, orderId));

    /// <summary>Newest first, before this position.</summary>
    public IReadOnlyList<(long Position, OrderState State)> Page(long before, int limit, string? customerId, string? status)
    {
        var sql = $"SELECT position, state FROM orders WHERE position < ?{(customerId is null ? "" : " AND customer_id = ?")}{(status is null ? "" : " AND status = ?")} ORDER BY position DESC LIMIT ?";
        var values = new List<object?> { before };
        if (customerId is not null) values.Add(customerId);
        if (status is not null) values.Add(status);
        values.Add(limit);
        return file.Read(db => db.Query(sql, row => (row.GetInt64(0), State(row, 1)), [.. values]));
    }

    public IReadOnlyList<(long Position, OrderState State)> InOrderOfAcceptance(long after, int limit) => file.Read(db =>
        db.Query("SELECT position, state FROM orders WHERE position > ? ORDER BY position LIMIT ?", row => (row.GetInt64(0), State(row, 1)), after, limit));

    /// <summary>
    /// Names of the events of the orders between these places (first excluded), in order of version, from the stream itself: what the fold
    /// says of it is what the audit must be able to doubt.
    /// </summary>
    public ILookup<string, string> EventNames(long after, long last) => file.Read(db => db.Query(
        "SELECT e.order_id, e.name FROM orders o JOIN order_events e ON e.order_id = o.order_id WHERE o.position > ? AND o.position <= ? ORDER BY o.position, e.version",
        row => (Id: row.GetString(0), Name: row.GetString(1)), after, last)).ToLookup(e => e.Id, e => e.Name);

    public IReadOnlyList<StoredEvent> EventsOf(string orderId) => file.Read(db => db.Query(
        "SELECT position, order_id, version, name, data FROM order_events WHERE order_id = ? ORDER BY version", StoredEvent.Read, orderId));

    public IReadOnlyList<StoredEvent> EventsAfter(long position, int limit) => file.Read(db => db.Query(
        "SELECT position, order_id, version, name, data FROM order_events WHERE position > ? ORDER BY position LIMIT ?", StoredEvent.Read, position, limit));

    public long Published() => file.Read(db => db.Query("SELECT position FROM relay", row => row.GetInt64(0)).FirstOrDefault());

    /// <summary>What sagas are still to be told, oldest first.</summary>
    public IReadOnlyList<SagaCommand> CommandsAfter(long id, int limit) => file.Read(db =>
        db.Query("SELECT id, order_id, act FROM commands WHERE id > ? ORDER BY id LIMIT ?", row => new SagaCommand(row.GetInt64(0), row.GetString(1), row.GetString(2)), id, limit));

    private static StoredAnswer? FindAnswer(SqliteConnection db, string scopedKey) => db.Query(
        "SELECT body_hash, order_id, answer FROM answers WHERE scoped_key = ?",
        row => new StoredAnswer(row.GetString(0), row.GetString(1), (byte[])row.GetValue(2), IsNew: false), scopedKey).FirstOrDefault();

    private static OrderState? FromFile(SqliteConnection db, string orderId) =>
        db.Query("SELECT state FROM orders WHERE order_id = ?", row => State(row, 0), orderId).FirstOrDefault();

    private static OrderState State(SqliteDataReader row, int column) => JsonSerializer.Deserialize<OrderState>((byte[])row.GetValue(column), Defaults.Json)!;
}

/// <summary>What a request with an Idempotency-Key is known by: caller, path and key; and its body.</summary>
internal sealed record Asked(string ScopedKey, string BodyHash);

/// <summary>The answer that a key was given; IsNew when this call stored it.</summary>
internal sealed record StoredAnswer(string BodyHash, string OrderId, byte[] Answer, bool IsNew);

/// <summary>What became of a decision: its answer, or the order as it is when it is not possible any more. Order is null for an answer given before.</summary>
internal sealed record Decided(StoredAnswer? Answer, OrderState? Order, bool IsPossible);

/// <summary>An event to append; reason and reference belong to the order after it.</summary>
internal sealed record Happening(string Name, string? Reason = null, string? Reference = null);

/// <summary>Something that the workflow engine is to be told, written in the commit that decided it and carried out at least once.</summary>
internal sealed record SagaCommand(long Id, string OrderId, string Act)
{
    public const string Start = "start", Decided = "decided", Retry = "retry", Refund = "refund";
}

internal sealed record StoredEvent(long Position, string OrderId, long Version, string Name, byte[] Data)
{
    public static StoredEvent Read(SqliteDataReader row) => new(row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetString(3), (byte[])row.GetValue(4));
}
