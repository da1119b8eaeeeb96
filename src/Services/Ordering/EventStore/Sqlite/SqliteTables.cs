using System.Collections.Concurrent;
using System.Data.Common;
using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.Ordering.Orders;
using DaprOrders.ServiceDefaults;
using Microsoft.Data.Sqlite;

namespace DaprOrders.Ordering.EventStore.Sqlite;

/// <summary>
/// The tables in a SQLite file: WAL, synchronous=FULL, one connection that writes, pooled readers. One process a file, which owns the whole stream as one
/// bucket, so nothing here is leased and positions are commits in their order.
/// </summary>
internal sealed class SqliteTables : OrderTables
{
    private readonly SqliteConnection connection;
    private readonly string path;
    private readonly ConcurrentBag<SqliteConnection> readers = [];
    private readonly HotOrders hot = new();

    public SqliteTables(string path)
    {
        this.path = path;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        connection = Open(path);
        connection.Script("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
        SqliteSchema.Ensure(connection);
    }

    public override bool IsShared => false;

    public override Task CommitAsync(Wanted wanted, Func<Loaded, Changes> decide)
    {
        var changes = decide(Load(wanted)); // nobody else writes, so what was read before the transaction is true in it
        if (changes.IsEmpty) return Task.CompletedTask;
        var committed = false;
        connection.Run("BEGIN IMMEDIATE");
        try
        {
            SqliteWrites.Write(connection, changes);
            connection.Run("COMMIT");
            committed = true;
        }
        finally
        {
            if (!committed) Rollback();
        }

        foreach (var changed in changes.Orders.Values) hot.Put(changed.State);
        return Task.CompletedTask;
    }

    public override Task<(StoredAnswer? Answer, long Terms)> AskAsync(string scopedKey) => Task.FromResult((Read(db => FindAnswer(db, scopedKey)), 0L));

    /// <summary>Nobody else would have to hear of it.</summary>
    public override Task RaiseTermsAsync() => Task.CompletedTask;

    public override ValueTask<OrderState?> FindAsync(string orderId) => ValueTask.FromResult(hot.Find(orderId) ?? Read(db => FromFile(db, orderId)));

    public override Task<long> HorizonAsync() => Task.FromResult(Read(db => db.Query("SELECT ifnull(max(position), 0) FROM order_events", row => row.GetInt64(0))[0]));

    public override Task<IReadOnlyList<StoredEvent>> EventsToPublishAsync(IReadOnlyList<(int Bucket, long After)> from, int limit) => Task.FromResult<IReadOnlyList<StoredEvent>>(
        from.Count == 0 ? [] : Read(db => db.Query("SELECT position, 0, order_id, version, name, data, trace FROM order_events WHERE position > ? ORDER BY position LIMIT ?", StoredEvent.ReadToPublish, from[0].After, limit)));

    public override Task<IReadOnlyList<SagaCommand>> CommandsAsync(IReadOnlyList<Share> shares, long after, int limit) => Task.FromResult<IReadOnlyList<SagaCommand>>(
        shares.Count == 0 ? [] : Read(db => db.Query("SELECT id, order_id, act FROM commands WHERE id > ? ORDER BY id LIMIT ?", SagaCommand.Read, after, limit)));

    public override Task<IReadOnlyList<Share>> LeaseAsync(TimeSpan term, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<Share>>(Read(db => db.Query("SELECT position FROM relay", row => new Share(0, 0, row.GetInt64(0)))));

    public override Task ReleaseAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>By the index over status: it costs what is open, not what is stored.</summary>
    public override OpenOrders Open() => Read(db => new OpenOrders(db
        .Query("SELECT status, count(*), min(position) FROM orders WHERE status IN (?, ?, ?) GROUP BY status",
            row => (Status: row.GetString(0), Count: row.GetInt64(1), Oldest: row.GetInt64(2)), OrderStatus.Accepted, OrderStatus.AwaitingApproval, OrderStatus.Parked)
        .ToDictionary(open => open.Status, open => new OpenStatus(
            open.Count, db.Query("SELECT state FROM orders WHERE position = ?", row => StateOf(Bytes(row, 0)), open.Oldest).FirstOrDefault()?.View.PlacedAt))));

    public override Outbox Outbox() => Read(db =>
    {
        var oldest = db.Query("SELECT e.data FROM relay r JOIN order_events e ON e.position > r.position ORDER BY e.position LIMIT 1", row => EventOf(row, 0)).FirstOrDefault();
        return new Outbox(db.Query("SELECT ifnull((SELECT max(position) FROM order_events), 0) - position FROM relay", row => row.GetInt64(0)).FirstOrDefault(), oldest?.At);
    });

    public override async ValueTask DisposeAsync()
    {
        foreach (var reader in readers) reader.Close();
        await connection.DisposeAsync();
    }

    protected override Task<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> read, params object?[] values) => Task.FromResult(Read(db => db.Query(sql, read, values)));

    private Loaded Load(Wanted wanted)
    {
        var loaded = new Loaded();
        foreach (var key in wanted.Keys)
            if (FindAnswer(connection, key) is { } answer) loaded.Answers[key] = answer;
        foreach (var id in wanted.Orders)
            if ((hot.Find(id) ?? FromFile(connection, id)) is { } order) loaded.Orders[id] = order;
        foreach (var customer in wanted.Customers)
            loaded.OpenAmounts[customer] = connection.Query("SELECT ifnull(sum(open_amount), 0) FROM orders WHERE customer_id = ? AND open_amount > 0", row => row.GetInt64(0), customer)[0];
        foreach (var id in wanted.Streams)
            loaded.Streams[id] = connection.Query("SELECT data FROM order_events WHERE order_id = ? ORDER BY version", row => EventOf(row, 0), id);
        return loaded;
    }

    private static StoredAnswer? FindAnswer(SqliteConnection db, string scopedKey) => db.Query(
        "SELECT body_hash, order_id, answer FROM answers WHERE scoped_key = ?", row => new StoredAnswer(row.GetString(0), row.GetString(1), Bytes(row, 2), IsNew: false), scopedKey).FirstOrDefault();

    private static OrderState? FromFile(SqliteConnection db, string orderId) =>
        db.Query("SELECT state FROM orders WHERE order_id = ?", row => StateOf(Bytes(row, 0)), orderId).FirstOrDefault();

    private T Read<T>(Func<SqliteConnection, T> work)
    {
        try
        {
            var reader = readers.TryTake(out var pooled) ? pooled : Open(path);
            try
            {
                return work(reader);
            }
            finally
            {
                readers.Add(reader);
            }
        }
        catch (SqliteException e)
        {
            throw new StoreUnavailableException(e);
        }
    }

    /// <summary>SQLite has rolled back by itself after some errors (a full disk); then there is nothing left to undo.</summary>
    private void Rollback()
    {
        try
        {
            connection.Script("ROLLBACK");
        }
        catch (SqliteException)
        {
            // No transaction is active.
        }
    }

    private static SqliteConnection Open(string path)
    {
        var opened = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 30 }.ToString());
        opened.Open();
        return opened;
    }
}
