using DaprOrders.Move.Copying;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.EventStore.Postgres;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace DaprOrders.Move.Orders;

/// <summary>
/// The event store: events at the positions they had, orders, answers by key, refunds under way, commands for sagas that were not carried out, and how far the relay was. In a
/// file an order has a place of its own; in PostgreSQL it has that of its first event (docs/adr/0014), which keeps the order of acceptance.
/// </summary>
internal sealed class OrdersPart(SqliteConnection file, NpgsqlDataSource target) : Part("orders", target)
{
    private static readonly Column[] Events =
    [
        new("bucket", NpgsqlDbType.Smallint), new("position", NpgsqlDbType.Bigint), new("order_id", NpgsqlDbType.Text), new("version", NpgsqlDbType.Bigint),
        new("name", NpgsqlDbType.Text), new("data", NpgsqlDbType.Bytea), new("trace", NpgsqlDbType.Text),
    ];

    private static readonly Column[] Orders =
    [
        new("order_id", NpgsqlDbType.Text), new("position", NpgsqlDbType.Bigint), new("bucket", NpgsqlDbType.Smallint), new("customer_id", NpgsqlDbType.Text),
        new("status", NpgsqlDbType.Text), new("state", NpgsqlDbType.Bytea), new("open_amount", NpgsqlDbType.Bigint), new("revision", NpgsqlDbType.Bigint),
    ];

    private static readonly Column[] Answers =
    [
        new("scoped_key", NpgsqlDbType.Text), new("body_hash", NpgsqlDbType.Text), new("order_id", NpgsqlDbType.Text), new("answer", NpgsqlDbType.Bytea), new("at", NpgsqlDbType.Bigint),
    ];

    private static readonly Column[] Commands =
        [new("id", NpgsqlDbType.Bigint), new("bucket", NpgsqlDbType.Smallint), new("order_id", NpgsqlDbType.Text), new("act", NpgsqlDbType.Text)];

    private static readonly Column[] Refunds = [new("order_id", NpgsqlDbType.Text)];

    public override IReadOnlyList<Table> Tables { get; } =
    [
        new("order_events", Events, "position", () => file.Rows("SELECT position, order_id, version, name, data, trace FROM order_events ORDER BY position", row =>
            new object?[] { BucketOf(row, 1), row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetString(3), Bytes(row, 4), row.IsDBNull(5) ? null : row.GetString(5) })),
        new("orders", Orders, "position", () => file.Rows(
            "SELECT o.order_id, e.position, o.customer_id, o.status, o.state, o.open_amount FROM orders o LEFT JOIN order_events e ON e.order_id = o.order_id AND e.version = 1 ORDER BY e.position",
            row => new object?[] { row.GetString(0), PlaceOf(row), BucketOf(row, 0), row.GetString(2), row.GetString(3), Bytes(row, 4), row.GetInt64(5), 1L })),
        new("answers", Answers, "scoped_key", () => file.Rows("SELECT scoped_key, body_hash, order_id, answer, at FROM answers ORDER BY scoped_key", row =>
            new object?[] { row.GetString(0), row.GetString(1), row.GetString(2), Bytes(row, 3), row.GetInt64(4) })),
        new("refunds", Refunds, "order_id", () => file.Rows("SELECT order_id FROM refunds ORDER BY order_id", row => new object?[] { row.GetString(0) })),
        new("commands", Commands, "id", () => file.Rows("SELECT id, order_id, act FROM commands ORDER BY id", row =>
            new object?[] { row.GetInt64(0), BucketOf(row, 1), row.GetString(1), row.GetString(2) })) { Where = $"act <> '{SagaCommand.Resume}'" },
    ];

    public override Task PrepareAsync(NpgsqlConnection connection, CancellationToken cancellation) => PostgresSchema.EnsureAsync(connection, cancellation);

    /// <summary>Every Ordering looks at the format before all else, and says that it is there.</summary>
    public override async Task SecureAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await connection.RunAsync("LOCK TABLE format IN ACCESS EXCLUSIVE MODE", cancellation);
        if (await connection.OneAsync<string>("SELECT owner FROM members WHERE until > now() LIMIT 1", cancellation) is { } owner)
            throw new RefusedException(
                $"An Ordering ({owner}) is working on the database {connection.Database}. Stop it; one that was killed is forgotten after its lease, 15 seconds unless set otherwise.");
    }

    public override async Task CompleteAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        // Above all that was given out, so that nothing new is where something was.
        await connection.RunAsync("SELECT setval('order_events_position', max(position)) FROM order_events HAVING max(position) > 0", cancellation);
        await connection.RunAsync("SELECT setval(pg_get_serial_sequence('commands', 'id'), max(id)) FROM commands HAVING max(id) > 0", cancellation);
        await connection.RunAsync("UPDATE relay SET position = $1", cancellation, file.Number("SELECT position FROM relay"));
        await connection.RunAsync("DELETE FROM daprorders_moved WHERE part = $1", cancellation, Sagas.Part); // their commands went with the rest
    }

    private static long PlaceOf(SqliteDataReader row) =>
        row.IsDBNull(1) ? throw new RefusedException($"The order {row.GetString(0)} has no first event: the file is damaged. Restore it from a copy first.") : row.GetInt64(1);

    private static short BucketOf(SqliteDataReader row, int orderId) => (short)OrderTables.BucketOf(row.GetString(orderId));

    private static byte[] Bytes(SqliteDataReader row, int column) => (byte[])row.GetValue(column);
}
