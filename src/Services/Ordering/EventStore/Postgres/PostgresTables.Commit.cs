using DaprOrders.Ordering.Orders;
using Npgsql;

namespace DaprOrders.Ordering.EventStore.Postgres;

/// <summary>
/// One transaction in two round trips.
/// 1. BEGIN; lock the orders, in the order of their ids; then, in statements of their own that see what the locks waited for: answers, open amounts, streams.
/// 2. What the works decided: announce, events with new orders, changed orders, answers, commands, marks; COMMIT.
/// Two processes that are given the same key at once meet at the answers' primary key: the later one decides again and finds the answer.
/// </summary>
internal sealed partial class PostgresTables
{
    private const int MostTries = 20;

    public override async Task CommitAsync(Wanted wanted, Func<Loaded, Changes> decide)
    {
        await EnsureOnceAsync();
        for (var tried = 1; ; tried++)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(); // given back with whatever was left open rolled back
                await TryCommitAsync(connection, wanted, decide);
                return;
            }
            catch (PostgresException e) when (IsToBeTriedAgain(e) && tried < MostTries)
            {
                // Another process was first; what it made is found now.
            }
        }
    }

    private static bool IsToBeTriedAgain(PostgresException e) =>
        e.SqlState is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure;

    private async Task TryCommitAsync(NpgsqlConnection connection, Wanted wanted, Func<Loaded, Changes> decide)
    {
        var (loaded, revisions) = await LoadAsync(connection, wanted);
        var changes = decide(loaded);
        changes.Lost.Clear();
        await using var batch = new NpgsqlBatch(connection);
        if (changes.IsEmpty)
        {
            Add(batch, "ROLLBACK");
            await batch.ExecuteNonQueryAsync();
            return;
        }

        PostgresWrites.Add(batch, changes);
        if (changes.Marks.Count > 0) changes.Lost.UnionWith(changes.Marks.Select(mark => mark.Bucket));
        if (changes.Marks.Count > 0)
            Add(batch,
                """
                UPDATE relay r SET position = m.position FROM unnest($1, $2, $3) AS m(bucket, epoch, position)
                WHERE r.bucket = m.bucket AND r.epoch = m.epoch AND r.owner = $4 RETURNING r.bucket
                """,
                changes.Marks.Select(mark => (short)mark.Bucket).ToArray(), changes.Marks.Select(mark => mark.Epoch).ToArray(), changes.Marks.Select(mark => mark.Published).ToArray(), owner);
        Add(batch, "COMMIT");
        await using (var rows = await batch.ExecuteReaderAsync())
        {
            // Only the marks answer with rows.
            do
                while (await rows.ReadAsync())
                    if (rows.FieldCount == 1 && rows.GetName(0) == "bucket") changes.Lost.Remove(rows.GetInt16(0));
            while (await rows.NextResultAsync());
        }

        foreach (var (id, changed) in changes.Orders) hot.Put(changed.State, changed.IsNew ? 1 : revisions[id] + 1);
    }

    private async Task<(Loaded Loaded, Dictionary<string, long> Revisions)> LoadAsync(NpgsqlConnection connection, Wanted wanted)
    {
        var (loaded, revisions) = (new Loaded(), new Dictionary<string, long>());
        var (orders, keys, customers) = (wanted.Orders.ToArray(), wanted.Keys.ToArray(), wanted.Customers.ToArray());
        var known = orders.ToDictionary(id => id, id => (Revision: hot.RevisionOf(id), State: hot.Find(id)));
        await using var batch = new NpgsqlBatch(connection);
        Add(batch, "BEGIN");
        Add(batch,
            """
            SELECT o.order_id, o.revision, CASE WHEN o.revision = k.revision THEN NULL ELSE o.state END
            FROM unnest($1, $2) AS k(order_id, revision) JOIN orders o ON o.order_id = k.order_id ORDER BY o.order_id FOR UPDATE OF o
            """, orders, orders.Select(id => known[id].State is null ? -1 : known[id].Revision).ToArray());
        Add(batch, "SELECT scoped_key, body_hash, order_id, answer FROM answers WHERE scoped_key = ANY($1)", [keys]);
        // The lock of a customer with a limit: two orders that fit only one at a time are counted one after the other.
        Add(batch, "SELECT pg_advisory_xact_lock('orders'::regclass::oid::int, h) FROM (SELECT DISTINCT hashtext(c) AS h FROM unnest($1) c ORDER BY h) hashed", [customers]);
        Add(batch, "SELECT customer_id, sum(open_amount)::bigint FROM orders WHERE customer_id = ANY($1) AND open_amount > 0 GROUP BY customer_id", [customers]);
        Add(batch, "SELECT order_id, data FROM order_events WHERE order_id = ANY($1) ORDER BY order_id, version", [wanted.Streams.ToArray()]);
        await using var rows = await batch.ExecuteReaderAsync();
        while (await rows.ReadAsync())
        {
            var id = rows.GetString(0);
            revisions[id] = rows.GetInt64(1);
            loaded.Orders[id] = rows.IsDBNull(2) ? known[id].State! : StateOf(Bytes(rows, 2));
        }

        await rows.NextResultAsync();
        while (await rows.ReadAsync()) loaded.Answers[rows.GetString(0)] = new StoredAnswer(rows.GetString(1), rows.GetString(2), Bytes(rows, 3), IsNew: false);
        await rows.NextResultAsync(); // the locks
        await rows.NextResultAsync();
        while (await rows.ReadAsync()) loaded.OpenAmounts[rows.GetString(0)] = rows.GetInt64(1);
        await rows.NextResultAsync();
        while (await rows.ReadAsync())
        {
            if (!loaded.Streams.TryGetValue(rows.GetString(0), out var stream)) loaded.Streams[rows.GetString(0)] = stream = [];
            stream.Add(EventOf(rows, 1));
        }

        return (loaded, revisions);
    }

    internal static void Add(NpgsqlBatch batch, string sql, params object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        batch.BatchCommands.Add(command);
    }
}
