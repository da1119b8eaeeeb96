using LocalDapr.Runtime.Storage;
using Microsoft.Data.Sqlite;

namespace LocalDapr.Runtime.Workflows;

/// <summary>The tables of task hubs in a SQLite file, and the way from each older format of them to the present one.</summary>
internal static class WorkflowFormat
{
    /// <summary>The format this program writes.</summary>
    public static int Current => Steps.Length;

    // Step n makes format n + 1 of format n. A step that was released is never changed.
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE workflow_instance (
            hub TEXT NOT NULL, id TEXT NOT NULL, status INTEGER, finished_at INTEGER, PRIMARY KEY (hub, id)) WITHOUT ROWID;
        CREATE INDEX workflow_unfinished ON workflow_instance (hub, id) WHERE status IS NULL;
        CREATE INDEX workflow_finished ON workflow_instance (hub, status, finished_at) WHERE status IS NOT NULL;
        CREATE TABLE workflow_record (
            hub TEXT NOT NULL, id TEXT NOT NULL, sequence INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (hub, id, sequence))
            WITHOUT ROWID;
        """,
        // When an instance wakes by itself. Those of the older format wake at once, and are looked at one by one.
        """
        ALTER TABLE workflow_instance ADD COLUMN wakes_at INTEGER NOT NULL DEFAULT 0;
        DROP INDEX workflow_unfinished;
        CREATE INDEX workflow_waking ON workflow_instance (hub, wakes_at, id) WHERE status IS NULL;
        """,
    ];

    /// <summary>Runs in one transaction: a crash leaves the old format as it was.</summary>
    /// <exception cref="InvalidDataException">The file was written by a newer version.</exception>
    public static void Migrate(SqliteConnection connection)
    {
        connection.Execute("CREATE TABLE IF NOT EXISTS workflow_format (version INTEGER NOT NULL)");
        var found = connection.Prepared("SELECT coalesce(max(version), 0) FROM workflow_format").ExecuteScalar();
        var version = Convert.ToInt32(found);
        if (version > Current)
        {
            throw new InvalidDataException(
                $"The workflows in {connection.DataSource} have format {version}, written by a newer LocalDapr; this one knows formats up to "
                + $"{Current}. Use the newer version, or another file.");
        }

        if (version == Current) return;
        for (var step = version; step < Current; step++) connection.Execute(Steps[step]);
        connection.Execute("DELETE FROM workflow_format");
        connection.Prepared("INSERT INTO workflow_format (version) VALUES ($version)").Bind("$version", Current).ExecuteNonQuery();
    }
}
