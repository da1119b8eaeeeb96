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
    private const int FormatVersion = 1;
    private const int ScanPage = 1_000;

    private readonly SqliteDatabase _database;
    private readonly string _hub;

    private SqliteWorkflowStore(SqliteDatabase database, string hub) => (_database, _hub) = (database, hub);

    /// <exception cref="InvalidDataException">The file was written by a newer version.</exception>
    public static async ValueTask<SqliteWorkflowStore> OpenAsync(SqliteDatabase database, string hub, CancellationToken cancellation)
    {
        var format = await database.WriteAsync(
            connection =>
            {
                connection.Execute(
                    """
                    CREATE TABLE IF NOT EXISTS workflow_format (version INTEGER NOT NULL);
                    INSERT INTO workflow_format (version) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM workflow_format);
                    CREATE TABLE IF NOT EXISTS workflow_instance (
                        hub TEXT NOT NULL, id TEXT NOT NULL, status INTEGER, finished_at INTEGER, PRIMARY KEY (hub, id)) WITHOUT ROWID;
                    CREATE INDEX IF NOT EXISTS workflow_unfinished ON workflow_instance (hub, id) WHERE status IS NULL;
                    CREATE INDEX IF NOT EXISTS workflow_finished ON workflow_instance (hub, status, finished_at) WHERE status IS NOT NULL;
                    CREATE TABLE IF NOT EXISTS workflow_record (
                        hub TEXT NOT NULL, id TEXT NOT NULL, sequence INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (hub, id, sequence))
                        WITHOUT ROWID;
                    """);
                return Convert.ToInt32(connection.Prepared("SELECT max(version) FROM workflow_format").ExecuteScalar());
            },
            cancellation);
        if (format > FormatVersion)
            throw new InvalidDataException($"The workflow tables have format {format}; this program knows formats up to {FormatVersion}.");
        return new SqliteWorkflowStore(database, hub);
    }

    public async ValueTask AppendAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancellation)
    {
        CrashPoint.BeforeCommit();
        await _database.WriteAsync(
            connection =>
            {
                foreach (var write in writes) Apply(connection, write);
            },
            cancellation);
        CrashPoint.AfterCommit();
    }

    public ValueTask<IReadOnlyList<StoredRecord>?> LoadAsync(string instanceId, CancellationToken cancellation) =>
        new(_database.Read(connection =>
        {
            var select = connection.Prepared("SELECT sequence, bytes FROM workflow_record WHERE hub = $hub AND id = $id ORDER BY sequence");
            using var rows = select.Bind("$hub", _hub).Bind("$id", instanceId).ExecuteReader();
            List<StoredRecord>? records = null;
            while (rows.Read()) (records ??= []).Add(new StoredRecord(rows.GetInt64(0), rows.GetFieldValue<byte[]>(1)));
            return (IReadOnlyList<StoredRecord>?)records;
        }));

    public async IAsyncEnumerable<string> UnfinishedAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        List<string> page;
        var after = "";
        do
        {
            cancellation.ThrowIfCancellationRequested();
            page = Ids("SELECT id FROM workflow_instance WHERE hub = $hub AND status IS NULL AND id > $after ORDER BY id LIMIT $limit",
                select => select.Bind("$after", after).Bind("$limit", ScanPage));
            foreach (var id in page) yield return id;
            if (page.Count > 0) after = page[^1];
        }
        while (page.Count == ScanPage);
        await Task.CompletedTask;
    }

    public ValueTask<IReadOnlyList<string>> ListAsync(string? after, int limit, CancellationToken cancellation) =>
        new(Ids("SELECT id FROM workflow_instance WHERE hub = $hub AND id > $after ORDER BY id LIMIT $limit",
            select => select.Bind("$after", after ?? "").Bind("$limit", limit)));

    public ValueTask<IReadOnlyList<string>> FinishedAsync(
        RuntimeStatus status, DateTimeOffset before, int limit, CancellationToken cancellation) =>
        new(Ids(
            "SELECT id FROM workflow_instance WHERE hub = $hub AND status = $status AND finished_at < $before ORDER BY finished_at LIMIT $limit",
            select => select.Bind("$status", (int)status).Bind("$before", before.ToUnixTimeMilliseconds()).Bind("$limit", limit)));

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
            Run(connection,
                "INSERT INTO workflow_instance (hub, id) VALUES ($hub, $id) ON CONFLICT DO UPDATE SET status = NULL, finished_at = NULL", write);
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
