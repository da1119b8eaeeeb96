using LocalDapr.Runtime.PubSub.CloudEvents;
using LocalDapr.Runtime.PubSub.Log;
using LocalDapr.Runtime.State;
using Microsoft.Data.Sqlite;

namespace LocalDapr.Runtime.Outbox;

/// <summary>The outbox of one state store as one app uses it. Safe for any number of callers.</summary>
internal sealed class StoreOutbox(OutboxTable table, OutboxTarget target, string app)
{
    public OutboxTarget Target => target;

    public OutboxTable Table => table;

    /// <summary>Raised when events were stored.</summary>
    public Signal Stored { get; } = new();

    /// <summary>
    /// Splits the requests of a transaction: what is stored, and the events that are stored with it, one for each upsert.
    /// </summary>
    public (IReadOnlyList<(string Operation, StateRequest Request)> Stored, IReadOnlyList<byte[]> Events) Split(
        IReadOnlyList<(string Operation, StateRequest Request)> operations, Trace trace, DateTimeOffset now)
    {
        var projections = operations.Where(o => o.Operation == "upsert" && OutboxEvent.IsProjection(o.Request))
            .GroupBy(o => o.Request.Key).ToDictionary(g => g.Key, g => g.Last().Request, StringComparer.Ordinal);
        var stored = operations.Where(o => o.Operation != "upsert" || !OutboxEvent.IsProjection(o.Request)).ToList();
        var events = stored.Where(o => o.Operation == "upsert")
            .Select(o => OutboxEvent.Make(o.Request, projections.GetValueOrDefault(o.Request.Key, o.Request), target, app, trace, now));
        return (stored, [.. events]);
    }

    /// <summary>Inside the write that stores the state.</summary>
    public void Add(SqliteConnection connection, IReadOnlyList<byte[]> events)
    {
        foreach (var cloudEvent in events) table.Add(connection, target, cloudEvent);
    }
}
