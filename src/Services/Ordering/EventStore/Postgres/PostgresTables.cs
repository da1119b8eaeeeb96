using System.Data.Common;
using System.Collections.Concurrent;
using System.Text;
using DaprOrders.Ordering.Orders;
using Npgsql;

namespace DaprOrders.Ordering.EventStore.Postgres;

/// <summary>
/// The tables in PostgreSQL, shared by as many processes as there are. A batch is two round trips: what it wants, with its orders locked; what it changes,
/// and the commit. Positions are read up to a horizon only (docs/adr/0014); buckets are leased.
/// </summary>
internal sealed partial class PostgresTables : OrderTables
{
    /// <summary>Behind the last position. Bucket and position are compared as one value, so that only the index over both serves: of that over positions alone 63 of 64 rows would be other buckets'.</summary>
    private const string End = "9223372036854775807";

    /// <summary>
    /// What waits of a bucket is counted up to 200 events, by the index; what is above is estimated from how far these reach on the way to the bucket's last
    /// position. A broker that is away for long must not make each look at the gauge read all that waits for it.
    /// </summary>
    internal const string WaitingSql = $"""
        SELECT coalesce(sum(CASE WHEN c.counted < 200 THEN c.counted ELSE c.counted * greatest(1.0, (m.newest - r.position)::float8 / greatest(1, c.reached - r.position)) END), 0)::bigint
        FROM relay r
        CROSS JOIN LATERAL (SELECT count(*) AS counted, max(position) AS reached
          FROM (SELECT position FROM order_events WHERE (bucket, position) > (r.bucket, r.position) AND (bucket, position) <= (r.bucket, {End}) ORDER BY bucket, position LIMIT 200) first) c
        CROSS JOIN LATERAL (SELECT position AS newest FROM order_events WHERE (bucket, position) > (r.bucket, r.position) AND (bucket, position) <= (r.bucket, {End}) ORDER BY bucket DESC, position DESC LIMIT 1) m
        WHERE r.bucket = ANY(?)
        """;

    private readonly NpgsqlDataSource source;
    private readonly PostgresBell bell;
    private readonly HotOrders hot = new();
    private readonly SemaphoreSlim ensuring = new(1, 1);
    private readonly ConcurrentDictionary<string, string> numbered = new();
    private readonly string owner;
    private volatile bool isEnsured;

    /// <summary>Opens nothing yet: a database that is away at the start is one that is away later.</summary>
    public PostgresTables(string connectionString, string owner, ILogger<PostgresTables> log)
    {
        this.owner = owner;
        source = new NpgsqlDataSourceBuilder(PostgresSettings.Complete(connectionString)).Build();
        bell = new PostgresBell(source, owner, Hear, log);
    }

    public override bool IsShared => true;

    public override async ValueTask<OrderState?> FindAsync(string orderId)
    {
        var known = hot.RevisionOf(orderId);
        var rows = await QueryAsync("SELECT revision, CASE WHEN revision = ? THEN NULL ELSE state END FROM orders WHERE order_id = ?",
            row => (Revision: row.GetInt64(0), State: row.IsDBNull(1) ? null : Bytes(row, 1)), known, orderId);
        if (rows.Count == 0) return null;
        if (rows[0].State is { } state) return Keep(StateOf(state), rows[0].Revision);
        return hot.Find(orderId, known) ?? await FindAgainAsync(orderId); // it was forgotten, or is newer by now
    }

    public override async Task<(StoredAnswer? Answer, long Terms)> AskAsync(string scopedKey) => (await QueryAsync(
        "SELECT t.number, a.body_hash, a.order_id, a.answer FROM terms t LEFT JOIN answers a ON a.scoped_key = ?",
        row => (row.IsDBNull(1) ? null : new StoredAnswer(row.GetString(1), row.GetString(2), Bytes(row, 3), IsNew: false), row.GetInt64(0)), scopedKey))[0];

    public override Task RaiseTermsAsync() => QueryAsync("UPDATE terms SET number = number + 1 RETURNING number", row => row.GetInt64(0));

    public override async Task<long> HorizonAsync() => (await QueryAsync("SELECT order_events_horizon()", row => row.GetInt64(0)))[0];

    public override async Task<IReadOnlyList<StoredEvent>> EventsToPublishAsync(IReadOnlyList<(int Bucket, long After)> from, int limit)
    {
        var horizon = await HorizonAsync(); // in a statement before: what it speaks of must be there when the next one looks
        return await QueryAsync(
            """
            SELECT e.position, e.bucket, e.order_id, e.version, e.name, e.data, e.trace FROM unnest(?, ?) AS b(bucket, after) CROSS JOIN LATERAL (
              SELECT * FROM order_events WHERE (bucket, position) > (b.bucket, b.after) AND (bucket, position) <= (b.bucket, ?) ORDER BY bucket, position LIMIT ?) e ORDER BY e.position
            """, StoredEvent.ReadToPublish, from.Select(f => (short)f.Bucket).ToArray(), from.Select(f => f.After).ToArray(), horizon, Math.Max(1, limit / Math.Max(1, from.Count)));
    }

    public override async Task<IReadOnlyList<SagaCommand>> CommandsAsync(IReadOnlyList<Share> shares, long after, int limit) => await QueryAsync(
        "SELECT id, order_id, act FROM commands WHERE bucket = ANY(?) AND id > ? ORDER BY id LIMIT ?", SagaCommand.Read, BucketsOf(shares), after, limit);

    public override OpenOrders Open() => new(Query(
        """
        SELECT f.status, f.orders, (SELECT state FROM orders WHERE position = f.oldest)
        FROM (SELECT status, count(*) AS orders, min(position) AS oldest FROM orders
              WHERE bucket = ANY(?) AND status IN ('accepted', 'awaiting-approval', 'parked') GROUP BY status) f
        """, row => (Status: row.GetString(0), Count: row.GetInt64(1), Oldest: StateOf(Bytes(row, 2))), BucketsOf(leased))
        .ToDictionary(open => open.Status, open => new OpenStatus(open.Count, open.Oldest.View.PlacedAt)));

    public override Outbox Outbox()
    {
        var waiting = Query(WaitingSql, row => row.GetInt64(0), BucketsOf(leased)).FirstOrDefault();
        var oldest = Query(
            $"""
            SELECT e.data FROM relay r CROSS JOIN LATERAL (
              SELECT position, data FROM order_events WHERE (bucket, position) > (r.bucket, r.position) AND (bucket, position) <= (r.bucket, {End}) ORDER BY bucket, position LIMIT 1) e
            WHERE r.bucket = ANY(?) ORDER BY e.position LIMIT 1
            """, row => EventOf(row, 0), BucketsOf(leased)).FirstOrDefault();
        return new Outbox(waiting, oldest?.At);
    }

    public override void Tell(string? settled) => bell.Ring(settled);

    /// <summary>What <c>--migrate</c> does.</summary>
    public async Task EnsureAsync(CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await PostgresSchema.EnsureAsync(connection, cancellation);
        isEnsured = true;
    }

    public override async ValueTask DisposeAsync()
    {
        await bell.DisposeAsync();
        await source.DisposeAsync();
        ensuring.Dispose();
    }

    protected override async Task<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> read, params object?[] values)
    {
        try
        {
            await EnsureOnceAsync();
            await using var command = Command(sql, values);
            await using var rows = await command.ExecuteReaderAsync();
            var all = new List<T>();
            while (await rows.ReadAsync()) all.Add(read(rows));
            return all;
        }
        catch (DbException e)
        {
            throw new StoreUnavailableException(e);
        }
    }

    /// <summary>For the meters, which do not wait for tasks.</summary>
    private List<T> Query<T>(string sql, Func<DbDataReader, T> read, params object?[] values)
    {
        if (!isEnsured) return [];
        using var command = Command(sql, values);
        using var rows = command.ExecuteReader();
        var all = new List<T>();
        while (rows.Read()) all.Add(read(rows));
        return all;
    }

    private NpgsqlCommand Command(string sql, object?[] values)
    {
        var command = source.CreateCommand(numbered.GetOrAdd(sql, Numbered));
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        return command;
    }

    /// <summary>PostgreSQL numbers its parameters: $1, $2, ….</summary>
    private static string Numbered(string sql)
    {
        var text = new StringBuilder();
        var parts = sql.Split('?');
        for (var i = 0; i < parts.Length; i++) text.Append(i == 0 ? "" : $"${i}").Append(parts[i]);
        return text.ToString();
    }

    private async ValueTask EnsureOnceAsync()
    {
        if (isEnsured) return;
        await ensuring.WaitAsync();
        try
        {
            if (!isEnsured) await EnsureAsync(CancellationToken.None);
        }
        finally
        {
            ensuring.Release();
        }
    }

    private async Task<OrderState?> FindAgainAsync(string orderId) =>
        (await QueryAsync("SELECT revision, state FROM orders WHERE order_id = ?", row => Keep(StateOf(Bytes(row, 1)), row.GetInt64(0)), orderId)).FirstOrDefault();

    private OrderState Keep(OrderState state, long revision)
    {
        hot.Put(state, revision);
        return state;
    }

    private static short[] BucketsOf(IReadOnlyList<Share> shares) => [.. shares.Select(share => (short)share.Bucket)];
}
