using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace LocalDapr.Runtime.Storage;

/// <summary>
/// Carries the log (WAL) of a file into the file, so that neither grows with the writes. SQLite would do it within a commit, which then takes tens
/// of milliseconds; here a connection of its own does it beside the writer, and the writer adds only the few pages that it has written meanwhile:
/// with those the log is carried over whole, and the next transaction begins it anew. For the writer's thread alone.
/// </summary>
internal sealed class Checkpointer(SqliteConnection writer, Func<SqliteConnection> open, ILogger log) : IAsyncDisposable
{
    /// <summary>Pages written to the log between two times; it has about twice as many at the most, 32 MiB, unless readers hold it.</summary>
    internal const int Pages = 4_000;

    private SqliteConnection? _other;
    private Task? _beside;

    /// <summary>After each commit, once those who wait for it are told.</summary>
    public void Follow()
    {
        if (_beside is { IsCompleted: true })
        {
            _beside = null;
            Run(writer);
        }
        if (_beside is not null || Written(isReset: false) < Pages) return;
        Written(isReset: true);
        _other ??= open();
        _beside = Task.Factory.StartNew(() => Run(_other), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public async ValueTask DisposeAsync()
    {
        if (_beside is not null) await _beside;
        if (_other is not null) await _other.DisposeAsync();
    }

    private int Written(bool isReset)
    {
        raw.sqlite3_db_status(writer.Handle!, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var pages, out _, isReset ? 1 : 0);
        return pages;
    }

    // PASSIVE waits for nobody: what a reader or another process holds up is carried over the next time.
    private void Run(SqliteConnection connection)
    {
        try
        {
            connection.Execute("PRAGMA wal_checkpoint(PASSIVE)");
        }
        catch (SqliteException error)
        {
            log.LogWarning(error, "The log of {File} could not be carried into the file; it grows until it can", connection.DataSource);
        }
    }
}
