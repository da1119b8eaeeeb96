using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace LocalDapr.Runtime.Storage;

/// <summary>
/// Carries the log (WAL) of a file into the file, so that neither grows with the writes. SQLite would do it within a commit, which then takes tens
/// of milliseconds; here a connection of its own does it beside the writer, and the writer adds only the few pages that it has written meanwhile:
/// with those the log is carried over whole, and the next transaction begins it anew. For the writer's thread alone.
/// </summary>
internal sealed class Checkpointer : IAsyncDisposable
{
    /// <summary>
    /// Pages in the log when it is carried over, 16 MiB. More are in it when writes come faster than they are carried over, and for as long as
    /// readers hold it or the disk is full; what was more than twice as many is given back to the disk afterwards.
    /// </summary>
    internal const int Pages = 4_000;

    internal const long LogLimitBytes = 2L * Pages * PageBytes;

    /// <summary>Between two attempts while they fail: a full disk is not asked again at each commit.</summary>
    internal static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private const int PageBytes = 4_096;

    private readonly SqliteConnection _writer;
    private readonly Func<SqliteConnection> _open;
    private readonly ILogger _log;
    private readonly TimeProvider _time;

    // What lives before this one have left in the log: counting anew in each, short ones would never come to the end of the count.
    private long _leftPages;
    private long? _failedAt;
    private SqliteConnection? _other;
    private Task<bool>? _beside;

    /// <summary>Once the writer has opened the file, and before it writes.</summary>
    public Checkpointer(SqliteConnection writer, Func<SqliteConnection> open, ILogger log, TimeProvider time)
    {
        (_writer, _open, _log, _time) = (writer, open, log, time);
        var left = new FileInfo(writer.DataSource + "-wal");
        _leftPages = left.Exists ? left.Length / PageBytes : 0;
        writer.Execute($"PRAGMA journal_size_limit = {LogLimitBytes}");
    }

    /// <summary>After each commit, once those who wait for it are told.</summary>
    public void Follow()
    {
        if (_beside is { IsCompleted: true } done)
        {
            _beside = null;
            Note(isDone: done.Result && TryRun(_writer));
        }
        if (_beside is not null || !IsDue()) return;
        if (_failedAt is not null) Forget();
        _leftPages = 0;
        Written(isReset: true);
        _beside = Task.Factory.StartNew(TryRunBeside, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>
    /// After a commit for which the disk had no room. Pages that are in the file already need none to be carried over, and then the log begins
    /// anew in the room that it has. On this thread: nothing can be written before it is done.
    /// </summary>
    public void MakeRoom()
    {
        if (_beside is { IsCompleted: false } || IsPausing()) return;
        _beside = null;
        Note(TryRun(_writer));
    }

    public async ValueTask DisposeAsync()
    {
        if (_beside is not null) await _beside;
        if (_other is not null) await _other.DisposeAsync();
    }

    private void Note(bool isDone) => _failedAt = isDone ? null : _time.GetTimestamp();

    private bool IsDue() => _failedAt is null ? _leftPages + Written(isReset: false) >= Pages : !IsPausing();

    private bool IsPausing() => _failedAt is { } at && _time.GetElapsedTime(at) < Pause;

    // The next attempt opens the file anew, in whatever state a failure has left the connection.
    private void Forget()
    {
        _other?.Dispose();
        _other = null;
    }

    private int Written(bool isReset)
    {
        raw.sqlite3_db_status(_writer.Handle!, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var pages, out _, isReset ? 1 : 0);
        return pages;
    }

    private bool TryRunBeside()
    {
        try
        {
            _other ??= _open();
        }
        catch (SqliteException error)
        {
            Tell(error);
            return false;
        }
        return TryRun(_other);
    }

    // PASSIVE waits for nobody: what a reader or another process holds up is carried over the next time.
    private bool TryRun(SqliteConnection connection)
    {
        try
        {
            connection.Execute("PRAGMA wal_checkpoint(PASSIVE)");
            return true;
        }
        catch (SqliteException error)
        {
            Tell(error);
            return false;
        }
    }

    private void Tell(SqliteException error) =>
        _log.LogWarning(error, "The log of {File} could not be carried into the file; it grows until it can", _writer.DataSource);
}
