using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.Ordering.Orders;
using DaprOrders.ServiceDefaults;
using Microsoft.Data.Sqlite;

namespace DaprOrders.Ordering.EventStore;

/// <summary>
/// The event store, which is the outbox too: order_events, unique on (order_id, version); beside it, in the same transaction, the orders folded, the
/// stored answers, unique by key, and the commands that the sagas are still to be given. SQLite, WAL, synchronous=FULL; everything that arrives
/// together shares one transaction and one fsync. One process a file. Safe for concurrent use.
/// </summary>
internal sealed partial class OrderEventStore : IAsyncDisposable
{
    private readonly SqliteFile file;
    private readonly OrderWatch watch;
    private readonly HotOrders hot = new();

    public OrderEventStore(string path, OrderWatch watch)
    {
        file = new SqliteFile(path, hot.Ended);
        this.watch = watch;
    }

    /// <summary>Raised after a commit that holds events.</summary>
    public Signal Events { get; } = new();

    /// <summary>Raised after a commit that holds commands for sagas.</summary>
    public Signal Commands { get; } = new();

    /// <summary>The order before (null when it is new) and after; raised after a commit that appended to its stream.</summary>
    public event Action<OrderState?, OrderState>? Changed;

    /// <summary>
    /// Stores the order, its first event, the answer and the command that starts its saga in one commit. When the key is there already, nothing is
    /// stored and what is there is returned. Null when the customer would have more open than his limit: nothing is stored.
    /// </summary>
    public async Task<StoredAnswer?> PlaceAsync(Asked asked, OrderState order, OrderEvent accepted, byte[] answer, long? limit = null)
    {
        var stored = await file.WriteAsync(db =>
        {
            if (FindAnswer(db, asked.ScopedKey) is { } before) return before;
            if (limit is not null && OpenAmount(db, order.View.CustomerId) + order.View.Total.Amount > limit) return null;
            Keep(db, asked, order.View.OrderId, answer, order.View.PlacedAt);
            db.Run("INSERT INTO orders(order_id, customer_id, status, state, open_amount) VALUES(?,?,?,?,?)",
                order.View.OrderId, order.View.CustomerId, order.View.Status, Bytes(order), order.View.Total.Amount);
            Append(db, OrderEventNames.Accepted, accepted);
            Command(db, order.View.OrderId, SagaCommand.Start);
            hot.Written(order);
            return new StoredAnswer(asked.BodyHash, order.View.OrderId, answer, IsNew: true);
        });
        if (stored is not { IsNew: true }) return stored;
        Announce(null, order);
        Commands.Raise();
        return stored;
    }

    /// <summary>Appends what the decision returns, in its order, skipping what has happened before; gives the order after it.</summary>
    public async Task<OrderState> AppendAsync(string orderId, Func<OrderState, IEnumerable<Happening>> decide, DateTimeOffset at, Func<OrderState, OrderState>? mark = null)
    {
        var (before, after) = await file.WriteAsync(db =>
        {
            var first = Load(db, orderId) ?? throw new InvalidOperationException($"There is no order {orderId}.");
            var state = mark is null ? first : mark(first);
            foreach (var happening in decide(state))
            {
                if (!OrderFold.MayHappen(state, happening.Name)) continue;
                (state, var data) = OrderFold.Apply(state, happening.Name, at, happening.Reason, happening.Reference);
                Append(db, happening.Name, data);
            }

            if (!ReferenceEquals(first, state)) Save(db, state);
            return (first, state);
        });
        if (after.View.Version != before.View.Version) Announce(before, after);
        return after;
    }

    /// <summary>
    /// Makes a decision durable, with its answer and the command that tells the saga, in one commit. A key that was answered before gets its answer
    /// again; a decision that gives null is not possible any more and changes nothing.
    /// </summary>
    public async Task<Decided> DecideAsync(string orderId, Asked? asked, Func<OrderState, (OrderState State, string? Command)?> decide, DateTimeOffset at)
    {
        var decided = await file.WriteAsync(db =>
        {
            if (asked is not null && FindAnswer(db, asked.ScopedKey) is { } before) return new Decided(before, null, IsPossible: true);
            var order = Load(db, orderId) ?? throw new InvalidOperationException($"There is no order {orderId}.");
            if (decide(order) is not { } next) return new Decided(null, order, IsPossible: false);
            var answer = JsonSerializer.SerializeToUtf8Bytes(next.State.View, Defaults.Json);
            if (asked is not null) Keep(db, asked, orderId, answer, at);
            if (next.Command is not null) Command(db, orderId, next.Command);
            Save(db, next.State);
            return new Decided(new StoredAnswer(asked?.BodyHash ?? "", orderId, answer, IsNew: true), next.State, IsPossible: true);
        });
        if (decided.Answer?.IsNew == true) Commands.Raise();
        return decided;
    }

    public Task SetPublishedAsync(long position) => file.WriteAsync(db => db.Run("UPDATE relay SET position = ?", position));

    public Task SetCarriedOutAsync(IReadOnlyList<SagaCommand> commands) => file.WriteAsync(db =>
    {
        foreach (var command in commands) db.Run("DELETE FROM commands WHERE id = ?", command.Id);
        return commands.Count;
    });

    /// <summary>Forgets answers older than the retention; the orders stay.</summary>
    public Task PurgeAnswersAsync(DateTimeOffset before) => file.WriteAsync(db => db.Run("DELETE FROM answers WHERE at < ?", before.ToUnixTimeMilliseconds()));

    /// <summary>Throws when the file cannot be written durably now.</summary>
    public Task ProbeAsync() => file.WriteAsync(db => db.Run("UPDATE relay SET position = position"));

    public ValueTask DisposeAsync() => file.DisposeAsync();

    private void Announce(OrderState? before, OrderState after)
    {
        Events.Raise();
        Changed?.Invoke(before, after);
        watch.Changed(after);
    }

    private void Save(SqliteConnection db, OrderState state)
    {
        db.Run("UPDATE orders SET status = ?, state = ?, open_amount = ? WHERE order_id = ?",
            state.View.Status, Bytes(state), state.IsTerminal ? 0 : state.View.Total.Amount, state.View.OrderId);
        hot.Written(state);
    }

    private static long OpenAmount(SqliteConnection db, string customerId) =>
        db.Query("SELECT ifnull(sum(open_amount), 0) FROM orders WHERE customer_id = ? AND open_amount > 0", row => row.GetInt64(0), customerId)[0];

    private static void Keep(SqliteConnection db, Asked asked, string orderId, byte[] answer, DateTimeOffset at) => db.Run(
        "INSERT INTO answers(scoped_key, body_hash, order_id, answer, at) VALUES(?,?,?,?,?)", asked.ScopedKey, asked.BodyHash, orderId, answer, at.ToUnixTimeMilliseconds());

    private static void Command(SqliteConnection db, string orderId, string act) => db.Run("INSERT INTO commands(order_id, act) VALUES(?,?)", orderId, act);

    private static void Append(SqliteConnection db, string name, OrderEvent data) => db.Run(
        "INSERT INTO order_events(bucket, order_id, version, name, data) VALUES(?,?,?,?,?)",
        Bucket(data.OrderId), data.OrderId, data.Version, name, JsonSerializer.SerializeToUtf8Bytes(data, Defaults.Json));

    private OrderState? Load(SqliteConnection db, string orderId) => hot.FindInTransaction(orderId) ?? FromFile(db, orderId);

    private static byte[] Bytes(OrderState state) => JsonSerializer.SerializeToUtf8Bytes(state, Defaults.Json);

    /// <summary>Order matters per order only: a bucket is a share of the stream that one relay can own.</summary>
    private static int Bucket(string orderId)
    {
        var hash = 2166136261u; // FNV-1a: the same on every machine and in every version
        foreach (var c in orderId) hash = (hash ^ c) * 16777619;
        return (int)(hash % 64);
    }
}
