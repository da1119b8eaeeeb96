using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Storage;
using Microsoft.Data.Sqlite;

namespace LocalDapr.Runtime.Outbox;

/// <summary>Where the events of a state store go.</summary>
internal sealed record OutboxTarget(string PubSub, string Topic)
{
    /// <summary>Null for a store without an outbox.</summary>
    public static OutboxTarget? Of(Component store) =>
        store.Get("outboxPublishPubsub") is { Length: > 0 } pubsub && store.Get("outboxPublishTopic") is { Length: > 0 } topic
            ? new OutboxTarget(pubsub, topic)
            : null;
}

/// <summary>
/// Events that are stored with their state and not yet published, in the database of the state store: both are in one commit, so daprd's
/// internal topic, its markers and its waiting are not needed. Each event is claimed by one process; what a dead one claimed is claimed again.
/// </summary>
internal sealed class OutboxTable(SqliteDatabase database, string app, string store)
{
    private const int ClaimLimit = 256;

    private readonly string _me = ProcessOwner.New();

    public ValueTask OpenAsync(CancellationToken cancellation) => database.WriteAsync(
        connection => connection.Execute("""
            CREATE TABLE IF NOT EXISTS outbox_events (
              id INTEGER PRIMARY KEY, app TEXT NOT NULL, store TEXT NOT NULL, pubsub TEXT NOT NULL, topic TEXT NOT NULL, event BLOB NOT NULL, owner TEXT)
            """),
        cancellation);

    /// <summary>Inside the write that stores the state.</summary>
    public void Add(SqliteConnection connection, OutboxTarget target, byte[] cloudEvent) => connection.Prepared(
            "INSERT INTO outbox_events (app, store, pubsub, topic, event) VALUES (@app, @store, @pubsub, @topic, @event)")
        .Bind("@app", app).Bind("@store", store).Bind("@pubsub", target.PubSub).Bind("@topic", target.Topic).Bind("@event", cloudEvent)
        .ExecuteNonQuery();

    /// <summary>Takes the oldest events; they are given again, to this one too, until they are removed.</summary>
    public async ValueTask<List<(long Id, OutboxTarget Target, byte[] Event)>> ClaimAsync()
    {
        if (database.Read(connection => Bound(connection, "SELECT 1 FROM outbox_events WHERE app = @app AND store = @store LIMIT 1").ExecuteScalar()) is null)
            return [];
        return await database.WriteAsync(connection =>
        {
            foreach (var owner in Owners(connection).Where(ProcessOwner.IsGone))
                Bound(connection, "UPDATE outbox_events SET owner = NULL WHERE app = @app AND store = @store AND owner = @owner")
                    .Bind("@owner", owner).ExecuteNonQuery();
            return Claim(connection);
        });
    }

    public ValueTask RemoveAsync(IReadOnlyList<long> ids) => database.WriteAsync(connection =>
    {
        foreach (var id in ids) connection.Prepared("DELETE FROM outbox_events WHERE id = @id").Bind("@id", id).ExecuteNonQuery();
    });

    private List<(long Id, OutboxTarget Target, byte[] Event)> Claim(SqliteConnection connection)
    {
        Bound(connection, """
            UPDATE outbox_events SET owner = @owner
            WHERE id IN (SELECT id FROM outbox_events WHERE app = @app AND store = @store AND owner IS NULL ORDER BY id LIMIT @limit)
            """).Bind("@owner", _me).Bind("@limit", ClaimLimit).ExecuteNonQuery();
        var events = new List<(long, OutboxTarget, byte[])>();
        using var rows = Bound(connection, """
            SELECT id, pubsub, topic, event FROM outbox_events WHERE app = @app AND store = @store AND owner = @owner ORDER BY id LIMIT @limit
            """).Bind("@owner", _me).Bind("@limit", ClaimLimit).ExecuteReader();
        while (rows.Read())
            events.Add((rows.GetInt64(0), new OutboxTarget(rows.GetString(1), rows.GetString(2)), rows.GetFieldValue<byte[]>(3)));
        return events;
    }

    private List<string> Owners(SqliteConnection connection)
    {
        var owners = new List<string>();
        using var rows = Bound(
            connection, "SELECT DISTINCT owner FROM outbox_events WHERE app = @app AND store = @store AND owner IS NOT NULL").ExecuteReader();
        while (rows.Read()) owners.Add(rows.GetString(0));
        return owners;
    }

    private SqliteCommand Bound(SqliteConnection connection, string sql) => connection.Prepared(sql).Bind("@app", app).Bind("@store", store);
}
