using Npgsql;

namespace DaprOrders.Ordering.EventStore.Postgres;

/// <summary>
/// The tables, and the two functions that make positions safe to read by (docs/adr/0014). A change only ever adds, so that the version before goes on
/// beside it; one that an older version could not live with raises <c>readable_since</c>.
/// </summary>
internal static class PostgresSchema
{
    private const int Version = 3;

    private static readonly string Tables = $$"""
        CREATE TABLE IF NOT EXISTS format(version int NOT NULL, readable_since int NOT NULL, probed timestamptz NOT NULL DEFAULT now());
        CREATE SEQUENCE IF NOT EXISTS order_events_position AS bigint CACHE 1;
        CREATE TABLE IF NOT EXISTS order_events(
          bucket smallint NOT NULL, position bigint NOT NULL DEFAULT nextval('order_events_position'), order_id text COLLATE "C" NOT NULL, version bigint NOT NULL, name text NOT NULL,
          data bytea NOT NULL, PRIMARY KEY (order_id, version));
        ALTER TABLE order_events ADD COLUMN IF NOT EXISTS trace text; -- since 2
        CREATE INDEX IF NOT EXISTS order_events_by_bucket ON order_events(bucket, position);
        CREATE INDEX IF NOT EXISTS order_events_by_position ON order_events(position);
        CREATE TABLE IF NOT EXISTS orders(
          order_id text COLLATE "C" PRIMARY KEY, position bigint NOT NULL UNIQUE, bucket smallint NOT NULL, customer_id text COLLATE "C" NOT NULL, status text COLLATE "C" NOT NULL,
          state bytea NOT NULL, open_amount bigint NOT NULL, revision bigint NOT NULL) WITH (fillfactor = 70);
        CREATE INDEX IF NOT EXISTS orders_by_customer ON orders(customer_id, position);
        CREATE INDEX IF NOT EXISTS orders_by_status ON orders(status, position);
        CREATE INDEX IF NOT EXISTS orders_open ON orders(customer_id, open_amount) WHERE open_amount > 0;
        CREATE INDEX IF NOT EXISTS orders_unfinished ON orders(bucket, status, position) WHERE status IN ('accepted', 'awaiting-approval', 'parked');
        CREATE TABLE IF NOT EXISTS commands(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, bucket smallint NOT NULL, order_id text COLLATE "C" NOT NULL, act text NOT NULL);
        CREATE TABLE IF NOT EXISTS refunds(order_id text COLLATE "C" PRIMARY KEY); -- since 3
        INSERT INTO refunds SELECT order_id FROM orders WHERE status IN ('confirmed', 'parked') AND position('"refundReason":'::bytea IN state) > 0 ON CONFLICT DO NOTHING;
        CREATE TABLE IF NOT EXISTS answers(
          scoped_key text COLLATE "C" PRIMARY KEY, body_hash text NOT NULL, order_id text NOT NULL, answer bytea NOT NULL, at bigint NOT NULL);
        CREATE INDEX IF NOT EXISTS answers_by_age ON answers(at);
        CREATE TABLE IF NOT EXISTS terms(number bigint NOT NULL);
        INSERT INTO terms SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM terms);
        CREATE TABLE IF NOT EXISTS members(owner text PRIMARY KEY, until timestamptz NOT NULL);
        CREATE TABLE IF NOT EXISTS relay(
          bucket smallint PRIMARY KEY, owner text NOT NULL DEFAULT '', epoch bigint NOT NULL DEFAULT 0, until timestamptz NOT NULL DEFAULT '-infinity',
          position bigint NOT NULL DEFAULT 0) WITH (fillfactor = 20);
        INSERT INTO relay(bucket) SELECT generate_series(0, {{OrderTables.Buckets - 1}}) ON CONFLICT DO NOTHING;

        -- Before a transaction draws positions it announces the last one that was given out: all that it draws are above.
        CREATE OR REPLACE FUNCTION order_events_announce() RETURNS void LANGUAGE sql VOLATILE AS $f$
          SELECT pg_advisory_xact_lock_shared('order_events_position'::regclass::oid::int, low::int)
          FROM (SELECT CASE WHEN l >= 2147483648 THEN l - 4294967296 ELSE l END AS low
                FROM (SELECT (last_value - CASE WHEN is_called THEN 0 ELSE 1 END) & 4294967295 AS l FROM order_events_position) given) signed $f$;

        -- What was given out, or the lowest announcement of a transaction that has not ended; the order of the two looks matters.
        CREATE OR REPLACE FUNCTION order_events_horizon() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $f$
          DECLARE given bigint; lowest bigint;
          BEGIN
            SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END INTO given FROM order_events_position;
            SELECT min(given - behind) INTO lowest FROM (
              SELECT (given - objid::bigint) & 4294967295 AS behind FROM pg_locks
              WHERE locktype = 'advisory' AND objsubid = 2 AND classid = 'order_events_position'::regclass::oid
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) announced
            WHERE behind < 2147483648; -- else it was announced since we looked, of positions that are above what was given out then
            RETURN least(given, lowest);
          END $f$;
        """;

    /// <summary>Brings the tables up to date; one at a time, however many ask. Refuses tables that this version cannot read rather than guess at them.</summary>
    public static async Task EnsureAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await RunAsync("SELECT pg_advisory_xact_lock(hashtext('daprorders ordering format'))");
        var known = await VersionAsync(connection, cancellation);
        if (known is { ReadableSince: > Version })
            throw new InvalidOperationException(
                $"The event store {connection.Database} has format {known.Value.Version}, this version of Ordering knows {Version}. Start the version that wrote it, or give another database.");
        if (known is null or { Version: < Version })
        {
            await RunAsync(Tables);
            await RunAsync($"DELETE FROM format; INSERT INTO format(version, readable_since) VALUES({Version}, 1)");
        }

        await transaction.CommitAsync(cancellation);

        async Task RunAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(cancellation);
        }
    }

    private static async Task<(int Version, int ReadableSince)?> VersionAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using (var exists = new NpgsqlCommand("SELECT to_regclass('format') IS NOT NULL", connection))
            if (!(bool)(await exists.ExecuteScalarAsync(cancellation))!) return null;
        await using var command = new NpgsqlCommand("SELECT version, readable_since FROM format", connection);
        await using var row = await command.ExecuteReaderAsync(cancellation);
        return await row.ReadAsync(cancellation) ? (row.GetInt32(0), row.GetInt32(1)) : null;
    }
}
