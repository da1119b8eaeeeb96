using System.Runtime.CompilerServices;
using LocalDapr.Engine.History;
using LocalDapr.Engine.Storage;
using LocalDapr.Runtime.Storage;
using Microsoft.Data.Sqlite;

namespace LocalDapr.Runtime.Workflows;

/// <summary>
/// Task hubs in a SQLite file: one row a record, and one row an instance that says whether and how it ended. All hubs of the file share
/// its group
/// commit, so one fsync covers whatever arrived together.
/// </summary>
internal sealed class SqliteWorkflowStore : IWorkflowStore
{
    private const int ScanPage = 1_000;

    private readonly SqliteDatabase _database;
    private readonly string _hub;

    private SqliteWorkflowStore(SqliteDatabase database, string hub) => (_database, _hub) = (database, hub);

    /// <exception cref="InvalidDataException">The file was written by a newer version; nothing of it was changed.</exception>
    public static async ValueTask<SqliteWorkflowStore> OpenAsync(SqliteDatabase database, string hub, CancellationToken cancellation)
    {
        await database.WriteAsync(WorkflowFormat.Migrate, cancellation);
        return new SqliteWorkflowStore(database, hub);
    }

    public ValueTask AppendAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancellation) => _database.WriteAsync(
        connection =>
        {
            foreach (var write in writes) Apply(connection, write);
        },
        cancellation);

    public ValueTask<IReadOnlyList<StoredRecord>?> LoadAsync(string instanceId, CancellationToken cancellation) =>
        new(_database.Read(connection =>
        {
            var select = connection.Prepared("SELECT sequence, bytes FROM workflow_record WHERE hub = $hub AND id = $id ORDER BY sequence");
            using var rows = select.Bind("$hub", _hub).Bind("$id", instanceId).ExecuteReader();
            List<StoredRecord>? records = null;
            while (rows.Read()) (records ??= []).Add(new StoredRecord(rows.GetInt64(0), rows.GetFieldValue<byte[]>(1)));
            return (IReadOnlyList<StoredRecord>?)records;
        }));

    public async IAsyncEnumerable<string> WakingAsync(
        DateTimeOffset from, DateTimeOffset before, [EnumeratorCancellation] CancellationToken cancellation)
    {
        List<(string Id, long Wakes)> page;
        (string Id, long Wakes)? after = null;
        do
        {
            cancellation.ThrowIfCancellationRequested();
            page = WakingPage(from.ToUnixTimeMilliseconds(), after, before.ToUnixTimeMilliseconds());
            foreach (var (id, _) in page) yield return id;
            if (page.Count > 0) after = page[^1];
        }
        while (page.Count == ScanPage);
        await Task.CompletedTask;
    }

    public ValueTask<IReadOnlyList<string>> ListAsync(string? after, int limit, CancellationToken cancellation) =>
        new(Ids($"SELECT id FROM workflow_instance WHERE hub = $hub AND id {(after is null ? ">=" : ">")} $after ORDER BY id LIMIT $limit",
            select => select.Bind("$after", after ?? "").Bind("$limit", limit)));

    public ValueTask<IReadOnlyList<string>> FinishedAsync(
        RuntimeStatus status, DateTimeOffset before, int limit, CancellationToken cancellation) =>
        new(Ids(
            "SELECT id FROM workflow_instance WHERE hub = $hub AND status = $status AND finished_at < $before ORDER BY finished_at LIMIT $limit",
            select => select.Bind("$status", (int)status).Bind("$before", before.ToUnixTimeMilliseconds()).Bind("$limit", limit)));

    // The empty text is an id too: the first page begins with it.
    private List<(string Id, long Wakes)> WakingPage(long from, (string Id, long Wakes)? after, long before) => _database.Read(connection =>
    {
        using var rows = connection.Prepared(
                $"""
                SELECT id, wakes_at FROM workflow_instance
                WHERE hub = $hub AND status IS NULL AND (wakes_at, id) {(after is null ? ">=" : ">")} ($wakes, $id) AND wakes_at < $before ORDER BY wakes_at, id LIMIT $limit
                """)
            .Bind("$hub", _hub).Bind("$wakes", after?.Wakes ?? from).Bind("$id", after?.Id ?? "").Bind("$before", before).Bind("$limit", ScanPage)
            .ExecuteReader();
        var page = new List<(string, long)>();
        while (rows.Read()) page.Add((rows.GetString(0), rows.GetInt64(1)));
        return page;
    });

    private List<string> Ids(string sql, Action<SqliteCommand> bind) => _database.Read(connection =>
    {
        var select = connection.Prepared(sql).Bind("$hub", _hub);
        bind(select);
        using var rows = select.ExecuteReader();
        var ids = new List<string>();
        while (rows.Read()) ids.Add(rows.GetString(0));
        return ids;
    });

    private void Apply(SqliteConnection connection, StoreWrite write)
    {
        if (write.Purges)
        {
            Run(connection, "DELETE FROM workflow_record WHERE hub = $hub AND id = $id", write);
            Run(connection, "DELETE FROM workflow_instance WHERE hub = $hub AND id = $id", write);
            return;
        }
        if (write.Truncates) Run(connection, "DELETE FROM workflow_record WHERE hub = $hub AND id = $id", write);
        if (write.Begins)
        {
            connection.Prepared(
                    """
                    INSERT INTO workflow_instance (hub, id, wakes_at) VALUES ($hub, $id, $wakes)
                    ON CONFLICT DO UPDATE SET status = NULL, finished_at = NULL, wakes_at = excluded.wakes_at
                    """)
                .Bind("$hub", _hub).Bind("$id", write.InstanceId).Bind("$wakes", (write.WakesAt ?? default).ToUnixTimeMilliseconds())
                .ExecuteNonQuery();
        }
        else if (write.WakesAt is { } wakes)
        {
            connection.Prepared("UPDATE workflow_instance SET wakes_at = $wakes WHERE hub = $hub AND id = $id")
                .Bind("$hub", _hub).Bind("$id", write.InstanceId).Bind("$wakes", wakes.ToUnixTimeMilliseconds())
                .ExecuteNonQuery();
        }
        connection.Prepared("INSERT INTO workflow_record (hub, id, sequence, bytes) VALUES ($hub, $id, $sequence, $bytes)")
            .Bind("$hub", _hub).Bind("$id", write.InstanceId).Bind("$sequence", write.Sequence)
            .Bind("$bytes", System.Runtime.InteropServices.MemoryMarshal.TryGetArray(write.Bytes, out var segment)
                && segment.Offset == 0 && segment.Count == segment.Array!.Length ? segment.Array : write.Bytes.ToArray())
            .ExecuteNonQuery();
        if (write.FinishedAs is not { } status) return;
        connection.Prepared("UPDATE workflow_instance SET status = $status, finished_at = $at WHERE hub = $hub AND id = $id")
            .Bind("$hub", _hub).Bind("$id", write.InstanceId).Bind("$status", (int)status)
            .Bind("$at", write.FinishedAt.ToUnixTimeMilliseconds())
            .ExecuteNonQuery();
    }

    private void Run(SqliteConnection connection, string sql, StoreWrite write) =>
        connection.Prepared(sql).Bind("$hub", _hub).Bind("$id", write.InstanceId).ExecuteNonQuery();
}
