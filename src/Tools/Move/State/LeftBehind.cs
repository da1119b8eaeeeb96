using DaprOrders.Move.Copying;
using Microsoft.Data.Sqlite;

namespace DaprOrders.Move.State;

/// <summary>
/// What LocalDapr keeps in shop.db and no other runtime can take over. Events that the bus still holds, and an outbox of its own, go when the shop runs for a
/// moment without customers; reminders the shop has none of. (Workflows are no obstacle: see <see cref="Orders.Sagas"/>.)
/// </summary>
internal static class LeftBehind
{
    private const string Unread = """
        SELECT t.name || ' (' || coalesce(g.name, 'nobody listens') || ')',
               t.last - coalesce(g.position, 0) + coalesce((SELECT sum(l.count) FROM pubsub_lease l WHERE l.consumers = g.id), 0) AS waiting
        FROM pubsub_topic t LEFT JOIN pubsub_group g ON g.topic = t.id
        """;

    public static void Refuse(SqliteConnection file, string folder)
    {
        if (file.HasTable("pubsub_topic") && file.Rows($"SELECT * FROM ({Unread}) WHERE waiting > 0", row => $"{row.GetString(0)}: up to {row.GetInt64(1)}").ToList() is { Count: > 0 } unread)
            throw new RefusedException(
                $"""
                The bus holds events that were not read to the end: {string.Join(", ", unread)}. They would be lost with it.
                Let the shop read them: start it where no customer reaches it (./run.sh --count 0 --data {folder}), wait a minute, stop it with Ctrl-C, run this again.
                Events that cannot be handled go to the dead letters within five minutes, and move with them.
                """);
        foreach (var (table, what) in new[] { ("actor_reminders", "reminders of actors"), ("outbox_events", "events of a transactional outbox") })
            if (file.HasTable(table) && file.Number($"SELECT count(*) FROM {table}") is > 0 and var rows)
                throw new RefusedException($"{rows} {what} stand in shop.db, which only LocalDapr can carry out (table {table}). This shop makes none: whoever did must end them first.");
    }

    /// <summary>How many workflows had not ended: each is an order's, and is started again.</summary>
    public static long WorkflowsUnderWay(SqliteConnection file) =>
        file.HasTable("workflow_instance") ? file.Number("SELECT count(*) FROM workflow_instance WHERE status IS NULL") : 0;
}
