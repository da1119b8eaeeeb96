using System.Text.Json;
using DaprOrders.ServiceDefaults;
using Npgsql;

namespace DaprOrders.Ordering.EventStore.Postgres;

/// <summary>A batch's changes as statements, one a table, each for all rows. In an order that is the same everywhere, so that two batches never wait for each other.</summary>
internal static class PostgresWrites
{
    public static void Add(NpgsqlBatch batch, Changes changes)
    {
        if (changes.Events.Count > 0) AddEvents(batch, changes);
        if (changes.Orders.Values.Any(order => !order.IsNew)) UpdateOrders(batch, [.. changes.Orders.Values.Where(order => !order.IsNew)]);
        // Their orders are locked by this transaction, so no other one has these rows.
        if (changes.Refunding.ToArray() is { Length: > 0 } refunding) PostgresTables.Add(batch, "INSERT INTO refunds SELECT unnest($1) ON CONFLICT DO NOTHING", [refunding]);
        if (changes.Refunded.ToArray() is { Length: > 0 } refunded) PostgresTables.Add(batch, "DELETE FROM refunds WHERE order_id = ANY($1)", [refunded]);
        if (changes.Answers.Count > 0) AddAnswers(batch, [.. changes.Answers.OrderBy(answer => answer.ScopedKey, StringComparer.Ordinal)]);
        if (changes.Commands.Count > 0)
            PostgresTables.Add(batch,
                """
                INSERT INTO commands(bucket, order_id, act)
                SELECT bucket, order_id, act FROM unnest($1, $2, $3) WITH ORDINALITY AS c(bucket, order_id, act, place) ORDER BY place
                """,
                Buckets(changes.Commands.Select(command => command.OrderId)), changes.Commands.Select(command => command.OrderId).ToArray(), changes.Commands.Select(command => command.Act).ToArray());
        if (changes.CarriedOut.Count > 0) PostgresTables.Add(batch, "DELETE FROM commands WHERE id = ANY($1)", changes.CarriedOut.ToArray());
        if (changes.ForgetAnswersBefore is { } before) PostgresTables.Add(batch, "DELETE FROM answers WHERE at < $1", before.ToUnixTimeMilliseconds());
        if (changes.IsProbe) PostgresTables.Add(batch, "UPDATE format SET probed = now()");
    }

    /// <summary>A new order takes the position of its first event, so that acceptance has the stream's order. Positions are drawn after the announcement.</summary>
    private static void AddEvents(NpgsqlBatch batch, Changes changes)
    {
        var added = changes.Orders.Values.Where(order => order.IsNew).ToList();
        PostgresTables.Add(batch, "SELECT order_events_announce()");
        PostgresTables.Add(batch,
            """
            WITH added AS (
              INSERT INTO order_events(bucket, order_id, version, name, data, trace)
              SELECT bucket, order_id, version, name, data, trace FROM unnest($1, $2, $3, $4, $5, $12) WITH ORDINALITY AS e(bucket, order_id, version, name, data, trace, place) ORDER BY place
              RETURNING order_id, version, position)
            INSERT INTO orders(order_id, position, bucket, customer_id, status, state, open_amount, revision)
            SELECT o.order_id, a.position, o.bucket, o.customer_id, o.status, o.state, o.open_amount, 1
            FROM unnest($6, $7, $8, $9, $10, $11) AS o(order_id, bucket, customer_id, status, state, open_amount) JOIN added a ON a.order_id = o.order_id AND a.version = 1
            """,
            Buckets(changes.Events.Select(e => e.OrderId)), changes.Events.Select(e => e.OrderId).ToArray(), changes.Events.Select(e => e.Version).ToArray(),
            changes.Events.Select(e => e.Name).ToArray(), changes.Events.Select(e => e.Data).ToArray(),
            added.Select(o => o.State.View.OrderId).ToArray(), Buckets(added.Select(o => o.State.View.OrderId)), added.Select(o => o.State.View.CustomerId).ToArray(),
            added.Select(o => o.State.View.Status).ToArray(), added.Select(State).ToArray(), added.Select(o => o.OpenAmount).ToArray(),
            changes.Events.Select(e => e.Trace).ToArray());
    }

    private static void UpdateOrders(NpgsqlBatch batch, IReadOnlyList<WrittenOrder> orders) => PostgresTables.Add(batch,
        """
        UPDATE orders o SET status = c.status, state = c.state, open_amount = c.open_amount, revision = o.revision + 1
        FROM unnest($1, $2, $3, $4) AS c(order_id, status, state, open_amount) WHERE o.order_id = c.order_id
        """,
        orders.Select(o => o.State.View.OrderId).ToArray(), orders.Select(o => o.State.View.Status).ToArray(), orders.Select(State).ToArray(), orders.Select(o => o.OpenAmount).ToArray());

    private static void AddAnswers(NpgsqlBatch batch, IReadOnlyList<NewAnswer> answers) => PostgresTables.Add(batch,
        "INSERT INTO answers(scoped_key, body_hash, order_id, answer, at) SELECT * FROM unnest($1, $2, $3, $4, $5)",
        answers.Select(a => a.ScopedKey).ToArray(), answers.Select(a => a.BodyHash).ToArray(), answers.Select(a => a.OrderId).ToArray(), answers.Select(a => a.Answer).ToArray(),
        answers.Select(a => a.At.ToUnixTimeMilliseconds()).ToArray());

    private static byte[] State(WrittenOrder order) => JsonSerializer.SerializeToUtf8Bytes(order.State, Defaults.Json);

    private static short[] Buckets(IEnumerable<string> orderIds) => [.. orderIds.Select(id => (short)OrderTables.BucketOf(id))];
}
