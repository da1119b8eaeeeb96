using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace LocalDapr.Runtime.Storage;

/// <summary>
/// One SQLite file with group commit: a single writer thread takes all writes that are queued, runs them in one transaction
/// and makes them durable with one fsync before any of their tasks completes. A write that throws is undone alone.
/// Safe for any number of callers; other processes may use the file at the same time.
/// </summary>
internal sealed class SqliteDatabase : IAsyncDisposable
{
    /// <summary>Writers wait when this many writes are queued: memory stays bounded and callers feel the disk.</summary>
    internal const int QueueLimit = 16_384;

    private static readonly TimeSpan BusyTimeout = TimeSpan.FromSeconds(20);

    private readonly WriteQueue<Work> _queue = new(QueueLimit);

    private readonly string _connectionString;
    private readonly ILogger _log;
    private readonly CachingConnection _writer;
    private readonly Checkpointer? _checkpointer;

    // A memory database is one connection: its readers take turns with the writer. A file has read connections of its own (WAL).
    private readonly Lock? _oneConnection;
    private readonly ConcurrentBag<CachingConnection> _readers = [];
    private int _reads;
    private bool _isClosed;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SqliteDatabase(string connectionString, bool inMemory, ILogger log)
    {
        (_connectionString, _log) = (connectionString, log);
        _oneConnection = inMemory ? new Lock() : null;
        _writer = Open();
        if (!inMemory)
        {
            _writer.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;");
            _checkpointer = new Checkpointer(_writer, Open, log, TimeProvider.System);
        }
        _thread = new Thread(WriteLoop) { IsBackground = true, Name = "sqlite writer" };
        _thread.Start();
    }

    public static SqliteDatabase OpenFile(string path, ILogger log)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return new SqliteDatabase(Text(path), inMemory: false, log);
    }

    public static SqliteDatabase OpenInMemory(ILogger log) => new(Text(":memory:"), inMemory: true, log);

    /// <summary>
    /// Queues a write; completes when it is on disk. <paramref name="work"/> runs on the writer thread and must not block.
    /// Its exception fails this task and undoes this write only. A failing commit fails all writes of the transaction.
    /// </summary>
    public async ValueTask<T> WriteAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellation = default)
    {
        var queued = new Work<T>(work);
        await _queue.AddAsync(queued, cancellation);
        // Once queued it may be committed at any moment, so there is no cancelling any more.
        return await queued.Task;
    }

    /// <inheritdoc cref="WriteAsync{T}"/>
    public async ValueTask WriteAsync(Action<SqliteConnection> work, CancellationToken cancellation = default) =>
        await WriteAsync(
            connection =>
            {
                work(connection);
                return true;
            },
            cancellation);

    /// <summary>Reads what is committed, on a connection of its own. Runs on the calling thread.</summary>
    /// <exception cref="ObjectDisposedException">It is closed: a read would open the file again.</exception>
    public T Read<T>(Func<SqliteConnection, T> work)
    {
        Interlocked.Increment(ref _reads);
        try
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _isClosed), this);
            return _oneConnection is null ? ReadFile(work) : ReadMemory(work);
        }
        finally
        {
            Interlocked.Decrement(ref _reads);
        }
    }

    /// <summary>Commits what is queued and lets reads end, then closes. Writes and reads after this fail.</summary>
    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref _isClosed, true);
        Interlocked.MemoryBarrier();
        SpinWait.SpinUntil(() => Volatile.Read(ref _reads) == 0);
        _queue.Complete();
        await _ended.Task;
        _queue.Dispose();
        if (_checkpointer is not null) await _checkpointer.DisposeAsync();
        while (_readers.TryTake(out var reader)) await reader.DisposeAsync();
        await _writer.DisposeAsync();
    }

    private T ReadFile<T>(Func<SqliteConnection, T> work)
    {
        if (!_readers.TryTake(out var reader)) reader = Open();
        try
        {
            return work(reader);
        }
        finally
        {
            _readers.Add(reader);
        }
    }

    private T ReadMemory<T>(Func<SqliteConnection, T> work)
    {
        lock (_oneConnection!) return work(_writer);
    }

    private static string Text(string source) =>
        new SqliteConnectionStringBuilder { DataSource = source, Pooling = false, DefaultTimeout = (int)BusyTimeout.TotalSeconds }.ToString();

    private CachingConnection Open()
    {
        var connection = new CachingConnection(_connectionString);
        connection.Open();
        connection.Execute($"PRAGMA busy_timeout = {(int)BusyTimeout.TotalMilliseconds}; PRAGMA temp_store = MEMORY;");
        return connection;
    }

    // The only loop: ends when the queue is completed by DisposeAsync and empty. It owns its thread, so it may block on the queue.
    private void WriteLoop()
    {
        try
        {
            while (_queue.Take() is { Count: > 0 } group) Commit(group);
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    private void Commit(IReadOnlyList<Work> batch)
    {
        try
        {
            if (_oneConnection is null) RunInOneTransaction(batch);
            else
                lock (_oneConnection)
                    RunInOneTransaction(batch);
        }
        catch (Exception error)
        {
            // Nothing of the transaction is on disk: every caller must hear of it, and the next transaction starts afresh.
            _log.LogError(error, "A transaction of {Count} writes failed", batch.Count);
            RollBack();
            foreach (var work in batch) work.Fail(error);
            if (error is SqliteException { SqliteErrorCode: raw.SQLITE_FULL }) _checkpointer?.MakeRoom();
            return;
        }
        foreach (var work in batch) work.Complete();
        _checkpointer?.Follow();
    }

    private void RunInOneTransaction(IReadOnlyList<Work> batch)
    {
        _writer.Prepared("BEGIN IMMEDIATE").ExecuteNonQuery();
        foreach (var work in batch)
        {
            _writer.Prepared("SAVEPOINT work").ExecuteNonQuery();
            if (!work.TryRun(_writer)) Undo(work);
            _writer.Prepared("RELEASE work").ExecuteNonQuery();
        }
        CrashPoint.BeforeCommit();
        _writer.Prepared("COMMIT").ExecuteNonQuery();
        CrashPoint.AfterCommit();
    }

    private void Undo(Work work)
    {
        // A full disk can end the whole transaction in the midst of it: then its reason is what there is to tell.
        if (raw.sqlite3_get_autocommit(_writer.Handle!) != 0) ExceptionDispatchInfo.Throw(work.Error!);
        _writer.Prepared("ROLLBACK TO work").ExecuteNonQuery();
    }

    private void RollBack()
    {
        try
        {
            _writer.Prepared("ROLLBACK").ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            // BEGIN itself failed, or SQLite has rolled back already: there is no transaction to end.
        }
    }

    private abstract class Work
    {
        public Exception? Error { get; protected set; }

        public abstract bool TryRun(SqliteConnection connection);

        public abstract void Complete();

        public abstract void Fail(Exception error);
    }

    private sealed class Work<T>(Func<SqliteConnection, T> work) : Work
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _result = default!;

        public Task<T> Task => _done.Task;

        public override bool TryRun(SqliteConnection connection)
        {
            try
            {
                _result = work(connection);
                return true;
            }
            catch (Exception error)
            {
                Error = error;
                return false;
            }
        }

        public override void Complete()
        {
            if (Error is null) _done.TrySetResult(_result);
            else _done.TrySetException(Error);
        }

        public override void Fail(Exception error) => _done.TrySetException(Error ?? error);
    }
}
