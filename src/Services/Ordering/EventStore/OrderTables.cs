using System.Data.Common;
using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.Ordering.Orders;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Ordering.EventStore;

/// <summary>
/// The event store's tables in one kind of database. Reads that every database says alike are here; a question mark stands for a value. Whatever cannot be
/// read or written now is a <see cref="DbException"/> of a commit and a <see cref="StoreUnavailableException"/> of a read. Safe for concurrent use, but
/// for <see cref="CommitAsync"/>, which has one caller at a time.
/// </summary>
internal abstract class OrderTables : IAsyncDisposable
{
    public const int Buckets = 64;
    public const int RowsAtATime = 200;
    private const string EventColumns = "position, 0, order_id, version, name, data";
    protected static readonly string StatusNames = string.Join(',', OrderFold.ChangesStatus.Select(name => $"'{name}'"));

    /// <summary>Other processes may have the same tables open: what this one remembers may be old, and its own signals tell only half.</summary>
    public abstract bool IsShared { get; }

    /// <summary>Another process has made commits; these orders ended or wait for somebody. A hint that may be missed.</summary>
    public event Action<IReadOnlyList<string>>? Heard;

    /// <summary>
    /// One transaction: finds what is wanted, has it decided, writes the changes; durable when it returns. Orders that were wanted are nobody else's until
    /// then. Decides again, on what is then true, when another process came first.
    /// </summary>
    public abstract Task CommitAsync(Wanted wanted, Func<Loaded, Changes> decide);

    public abstract ValueTask<OrderState?> FindAsync(string orderId);

    /// <summary>A position up to which every event that will ever be there is there: a commit that comes late has a higher one.</summary>
    public abstract Task<long> HorizonAsync();

    /// <summary>Events of these buckets behind these positions, in the order of an order; of each bucket its first ones, about so many together.</summary>
    public abstract Task<IReadOnlyList<StoredEvent>> EventsToPublishAsync(IReadOnlyList<(int Bucket, long After)> from, int limit);

    /// <summary>What sagas of these buckets are still to be told, oldest first.</summary>
    public abstract Task<IReadOnlyList<SagaCommand>> CommandsAsync(IReadOnlyList<Share> shares, long after, int limit);

    /// <summary>Takes or renews this process' part of the buckets for a while; gives what it owns, with the marks.</summary>
    public abstract Task<IReadOnlyList<Share>> LeaseAsync(TimeSpan term, CancellationToken cancellation);

    /// <summary>Gives back what it owns, so that nobody waits until the term is over.</summary>
    public abstract Task ReleaseAsync(CancellationToken cancellation);

    /// <summary>What waits, of the buckets that this process owns: summed over the processes it is all.</summary>
    public abstract OpenOrders Open();

    public abstract Outbox Outbox();

    public abstract ValueTask DisposeAsync();

    /// <summary>Tells the other processes that there was a commit, and of the order that it settled.</summary>
    public virtual void Tell(string? settled)
    {
    }

    /// <summary>The answer that this key was given, if it was, and the number of the terms that orders are placed by.</summary>
    public abstract Task<(StoredAnswer? Answer, long Terms)> AskAsync(string scopedKey);

    /// <summary>Whoever asks from now on gets a higher number.</summary>
    public abstract Task RaiseTermsAsync();

    /// <summary>Newest first, before this position.</summary>
    public async Task<IReadOnlyList<PlacedOrder>> PageAsync(long before, int limit, string? customerId, string? status)
    {
        var sql = $"SELECT position, state FROM orders WHERE position < ?{(customerId is null ? "" : " AND customer_id = ?")}{(status is null ? "" : " AND status = ?")} ORDER BY position DESC LIMIT ?";
        var values = new List<object?> { before };
        if (customerId is not null) values.Add(customerId);
        if (status is not null) values.Add(status);
        values.Add(limit);
        return await QueryAsync(sql, PlacedOrder.Read, [.. values]);
    }

    /// <summary>Confirmed orders that are to be refunded, behind this one by id, and whose saga has been told: what still waits as a command is not lost.</summary>
    public async Task<IReadOnlyList<PlacedOrder>> RefundsAsync(string after, int limit) => await QueryAsync(
        """
        SELECT o.position, o.state FROM refunds r JOIN orders o ON o.order_id = r.order_id
        WHERE r.order_id > ? AND o.status = 'confirmed' AND NOT EXISTS (SELECT 1 FROM commands c WHERE c.order_id = r.order_id) ORDER BY r.order_id LIMIT ?
        """, PlacedOrder.Read, after, limit);

    public async Task<IReadOnlyList<PlacedOrder>> InOrderOfAcceptanceAsync(long after, int limit) =>
        await QueryAsync("SELECT position, state FROM orders WHERE position > ? AND position <= ? ORDER BY position LIMIT ?", PlacedOrder.Read, after, await HorizonAsync(), limit);

    /// <summary>
    /// Names of the events of the orders between these places (first excluded), in order of version, from the stream itself: what the fold
    /// says of it is what the audit must be able to doubt.
    /// </summary>
    public async Task<ILookup<string, string>> EventNamesAsync(long after, long last) => (await QueryAsync(
        "SELECT e.order_id, e.name FROM orders o JOIN order_events e ON e.order_id = o.order_id WHERE o.position > ? AND o.position <= ? ORDER BY o.position, e.version",
        row => (Id: row.GetString(0), Name: row.GetString(1)), after, last)).ToLookup(e => e.Id, e => e.Name);

    public async Task<IReadOnlyList<StoredEvent>> EventsOfAsync(string orderId) =>
        await QueryAsync($"SELECT {EventColumns} FROM order_events WHERE order_id = ? ORDER BY version", StoredEvent.Read, orderId);

    public async Task<IReadOnlyList<StoredEvent>> StatusChangesAfterAsync(long position, int limit) => await QueryAsync(
        $"SELECT {EventColumns} FROM order_events WHERE position > ? AND position <= ? AND name IN ({StatusNames}) ORDER BY position LIMIT ?", StoredEvent.Read, position, await HorizonAsync(), limit);

    /// <summary>Null when there is no event at this position, or one that changed no status.</summary>
    public async Task<StoredEvent?> StatusChangeAtAsync(long position) => (await QueryAsync(
        $"SELECT {EventColumns} FROM order_events WHERE position = ? AND name IN ({StatusNames})", StoredEvent.Read, position)).FirstOrDefault();

    /// <summary>
    /// Every order, once, that these events are of, as it is now, with the names of all its events from the stream itself; the states are read first, so a
    /// name is never missing that a state tells of. Next is the position to go on from.
    /// </summary>
    public async Task<(IReadOnlyList<ChangedOrder> Orders, long Next, bool IsMore)> ChangedAfterAsync(long position, int events)
    {
        const string Found = "(SELECT order_id FROM order_events WHERE position > ? AND position <= ?)";
        var found = await QueryAsync("SELECT position FROM order_events WHERE position > ? AND position <= ? ORDER BY position LIMIT ?", row => row.GetInt64(0), position, await HorizonAsync(), events);
        if (found.Count == 0) return ([], position, false);
        var orders = await QueryAsync($"SELECT position, state FROM orders WHERE order_id IN {Found} ORDER BY position", PlacedOrder.Read, position, found[^1]);
        var names = (await QueryAsync($"SELECT order_id, name FROM order_events WHERE order_id IN {Found} ORDER BY order_id, version", row => (Id: row.GetString(0), Name: row.GetString(1)), position, found[^1]))
            .ToLookup(e => e.Id, e => e.Name);
        return ([.. orders.Select(order => new ChangedOrder(order.Position, order.State, [.. names[order.State.View.OrderId]]))], found[^1], found.Count == events);
    }

    /// <summary>Orders behind this place, each beside the fold of its whole stream; one snapshot of both.</summary>
    public async Task<IReadOnlyList<FoldedOrder>> FoldPageAsync(long after)
    {
        var rows = await QueryAsync(
            """
            SELECT o.position, o.state, e.data FROM (SELECT position, order_id, state FROM orders WHERE position > ? ORDER BY position LIMIT ?) o
            LEFT JOIN order_events e ON e.order_id = o.order_id ORDER BY o.position, e.version
            """, row => (Position: row.GetInt64(0), State: Bytes(row, 1), Event: row.IsDBNull(2) ? null : EventOf(row, 2)), after, RowsAtATime);
        return [.. rows.GroupBy(row => row.Position).Select(order => new FoldedOrder(order.Key, StateOf(order.First().State), Fold(order.Select(row => row.Event).OfType<OrderEvent>())))];
    }

    /// <summary>Null of an empty stream.</summary>
    public static OrderView? Fold(IEnumerable<OrderEvent> stream) => stream.Aggregate((OrderView?)null, OrderFold.Fold);

    /// <summary>Order matters per order only: a bucket is a share of the stream that one process can own.</summary>
    public static int BucketOf(string orderId)
    {
        var hash = 2166136261u; // FNV-1a: the same on every machine and in every version
        foreach (var c in orderId) hash = (hash ^ c) * 16777619;
        return (int)(hash % Buckets);
    }

    protected abstract Task<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> read, params object?[] values);

    protected void Hear(IReadOnlyList<string> settled) => Heard?.Invoke(settled);

    protected static byte[] BytesOf(OrderState state) => JsonSerializer.SerializeToUtf8Bytes(state, Defaults.Json);

    internal static OrderState StateOf(byte[] state) => JsonSerializer.Deserialize<OrderState>(state, Defaults.Json)!;

    internal static byte[] Bytes(DbDataReader row, int column) => (byte[])row.GetValue(column);

    protected static OrderEvent EventOf(DbDataReader row, int column) => JsonSerializer.Deserialize<OrderEvent>(Bytes(row, column), Defaults.Json)!;
}

/// <summary>An order with its place among all, by acceptance.</summary>
internal sealed record PlacedOrder(long Position, OrderState State)
{
    public static PlacedOrder Read(DbDataReader row) => new(row.GetInt64(0), OrderTables.StateOf(OrderTables.Bytes(row, 1)));
}

/// <summary>An order whose stream has grown, with the names of all its events.</summary>
internal sealed record ChangedOrder(long Position, OrderState State, IReadOnlyList<string> Events);

/// <summary>An order's row beside what its stream says.</summary>
internal sealed record FoldedOrder(long Position, OrderState Row, OrderView? Folded);
