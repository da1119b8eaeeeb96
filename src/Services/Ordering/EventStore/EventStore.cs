using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.Ordering.Orders;
using DaprOrders.ServiceDefaults;
using Microsoft.Data.Sqlite;

namespace DaprOrders.Ordering.EventStore;

/// <summary>
/// The event store, which is the outbox too: order_events, unique on (order_id, version), and beside it the orders folded in the same transaction and
/// the stored answers, unique by key. SQLite, WAL, synchronous=FULL; everything that arrives together shares one transaction and one fsync.
/// Safe for concurrent use.
/// </summary>
internal sealed class OrderEventStore : IAsyncDisposable
{
    private readonly SqliteFile file;
    private readonly OrderWatch watch;

    public OrderEventStore(string path, OrderWatch watch)
    {
        file = new SqliteFile(path, Schema.Sql);
        this.watch = watch;
    }

    /// <summary>The highest position that a relay may publish; raised after every commit.</summary>
    public event Action? Committed;

    /// <summary>
    /// Stores the order, its first event and the answer in one commit. When the key is there already, nothing is stored and what is there is returned.
    /// </summary>
    public async Task<StoredAnswer> PlaceAsync(string scopedKey, string bodyHash, OrderState order, byte[] answer)
    {
        var stored = await file.WriteAsync(db =>
        {
            if (FindAnswer(db, scopedKey) is { } before) return before;
            db.Run("INSERT INTO answers(scoped_key, body_hash, order_id, answer, at) VALUES(?,?,?,?,?)",
                scopedKey, bodyHash, order.View.OrderId, answer, order.View.PlacedAt.ToUnixTimeMilliseconds());
            db.Run("INSERT INTO orders(order_id, customer_id, status, state, started) VALUES(?,?,?,?,0)",
                order.View.OrderId, order.View.CustomerId, order.View.Status, Bytes(order));
            Append(db, order, OrderEventNames.Accepted);
            return new StoredAnswer(bodyHash, order.View.OrderId, answer, IsNew: true);
        });
        if (stored.IsNew) Announce(order);
        return stored;
    }

    public StoredAnswer? FindAnswer(string scopedKey) => file.Read(db => FindAnswer(db, scopedKey));

    public OrderState? Find(string orderId) => file.Read(db => Load(db, orderId));

    /// <summary>Appends what the decision returns, in its order, skipping what has happened before; gives the order after it.</summary>
    public async Task<OrderState> AppendAsync(string orderId, Func<OrderState, IEnumerable<Happening>> decide, DateTimeOffset at, Func<OrderState, OrderState>? mark = null)
    {
        var (before, after) = await file.WriteAsync(db =>
        {
            var state = Load(db, orderId) ?? throw new InvalidOperationException($"There is no order {orderId}.");
            var first = state;
            if (mark is not null) state = mark(state);
            foreach (var happening in decide(state))
            {
                if (!OrderFold.MayHappen(state, happening.Name)) continue;
                state = OrderFold.Apply(state, happening.Name, at, happening.Reason, happening.Reference);
                Append(db, state, happening.Name);
            }

            if (!ReferenceEquals(first, state)) db.Run("UPDATE orders SET status = ?, state = ? WHERE order_id = ?", state.View.Status, Bytes(state), orderId);
            return (first, state);
        });
        if (after.View.Version != before.View.Version) Announce(after);
        return after;
    }

    public IReadOnlyList<(long Position, OrderState State)> Page(long before, int limit, string? customerId, string? status) => file.Read(db => db.Query(
        "SELECT position, state FROM orders WHERE position < ? AND (? IS NULL OR customer_id = ?) AND (? IS NULL OR status = ?) ORDER BY position DESC LIMIT ?",
        row => (row.GetInt64(0), State(row, 1)), before, customerId, customerId, status, status, limit));

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

    public Task SetPublishedAsync(long position) => file.WriteAsync(db => db.Run("UPDATE relay SET position = ?", position));

    public IReadOnlyList<OrderState> NotStarted(int limit) => file.Read(db => db.Query("SELECT state FROM orders WHERE started = 0 ORDER BY position LIMIT ?", row => State(row, 0), limit));

    public Task SetStartedAsync(IReadOnlyList<string> orderIds) => file.WriteAsync(db =>
    {
        foreach (var id in orderIds) db.Run("UPDATE orders SET started = 1 WHERE order_id = ?", id);
        return orderIds.Count;
    });

    /// <summary>Forgets answers older than the retention; the orders stay.</summary>
    public Task PurgeAnswersAsync(DateTimeOffset before) => file.WriteAsync(db => db.Run("DELETE FROM answers WHERE at < ?", before.ToUnixTimeMilliseconds()));

    /// <summary>Throws when the file cannot be written durably now.</summary>
    public Task ProbeAsync() => file.WriteAsync(db => db.Run("UPDATE relay SET position = position"));

    public ValueTask DisposeAsync() => file.DisposeAsync();

    private void Announce(OrderState state)
    {
        Committed?.Invoke();
        watch.Changed(state);
    }

    private static void Append(SqliteConnection db, OrderState state, string name) =>
        db.Run("INSERT INTO order_events(bucket, order_id, version, name, data) VALUES(?,?,?,?,?)",
            Bucket(state.View.OrderId), state.View.OrderId, state.View.Version, name, JsonSerializer.SerializeToUtf8Bytes(OrderFold.ToEvent(state, name), Defaults.Json));

    private static StoredAnswer? FindAnswer(SqliteConnection db, string scopedKey) => db.Query(
        "SELECT body_hash, order_id, answer FROM answers WHERE scoped_key = ?", row => new StoredAnswer(row.GetString(0), row.GetString(1), (byte[])row.GetValue(2), IsNew: false), scopedKey).FirstOrDefault();

    private static OrderState? Load(SqliteConnection db, string orderId) =>
        db.Query("SELECT state FROM orders WHERE order_id = ?", row => State(row, 0), orderId).FirstOrDefault();

    private static OrderState State(SqliteDataReader row, int column) => JsonSerializer.Deserialize<OrderState>((byte[])row.GetValue(column), Defaults.Json)!;

    private static byte[] Bytes(OrderState state) => JsonSerializer.SerializeToUtf8Bytes(state, Defaults.Json);

    /// <summary>Order matters per order only: a bucket is a share of the stream that one relay can own.</summary>
    private static int Bucket(string orderId)
    {
        var hash = 2166136261u; // FNV-1a: the same on every machine and in every version
        foreach (var c in orderId) hash = (hash ^ c) * 16777619;
        return (int)(hash % 64);
    }
}

/// <summary>The answer that a key was given; IsNew when this call stored it.</summary>
internal sealed record StoredAnswer(string BodyHash, string OrderId, byte[] Answer, bool IsNew);

/// <summary>An event to append; reason and reference belong to the order after it.</summary>
internal sealed record Happening(string Name, string? Reason = null, string? Reference = null);

internal sealed record StoredEvent(long Position, string OrderId, long Version, string Name, byte[] Data)
{
    public static StoredEvent Read(SqliteDataReader row) => new(row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetString(3), (byte[])row.GetValue(4));
}
