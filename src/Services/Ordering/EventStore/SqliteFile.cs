using System.Collections.Concurrent;
using DaprOrders.ServiceDefaults;
using Microsoft.Data.Sqlite;

namespace DaprOrders.Ordering.EventStore;

/// <summary>
/// One SQLite file: a single writer that commits what arrived together with one fsync, and pooled readers. Safe for concurrent use.
/// <paramref name="ended"/> is told on the writer's thread how each transaction ended, before its callers are.
/// </summary>
internal sealed class SqliteFile : IAsyncDisposable
{
    private readonly SqliteConnection connection;
    private readonly string path;
    private readonly Action<bool> ended;
    private readonly ConcurrentBag<SqliteConnection> readers = [];
    private readonly MicroBatch<Func<SqliteConnection, object?>, Outcome> writer;

    public SqliteFile(string path, Action<bool> ended)
    {
        (this.path, this.ended) = (path, ended);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        connection = Open();
        connection.Script("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
        Schema.Ensure(connection);
        writer = new(works => Task.FromResult<IReadOnlyList<Outcome>>(Commit(works)), maxItems: 512, parallel: 1);
    }

    /// <summary>Durable when it returns. A work that throws is undone alone; a store that takes no commit is the problem "unavailable".</summary>
    public async Task<T> WriteAsync<T>(Func<SqliteConnection, T> work)
    {
        try
        {
            var outcome = await writer.AddAsync(db => work(db));
            if (outcome.Error is null) return (T)outcome.Value!;
            throw outcome.Error is SqliteException ? outcome.Error : new InvalidOperationException(outcome.Error.Message, outcome.Error);
        }
        catch (SqliteException e)
        {
            throw new StoreUnavailableException(e);
        }
    }

    public T Read<T>(Func<SqliteConnection, T> work)
    {
        var reader = readers.TryTake(out var pooled) ? pooled : Open();
        try
        {
            return work(reader);
        }
        catch (SqliteException e)
        {
            throw new StoreUnavailableException(e);
        }
        finally
        {
            readers.Add(reader);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await writer.DisposeAsync();
        foreach (var reader in readers) reader.Close();
        await connection.DisposeAsync();
    }

    private Outcome[] Commit(IReadOnlyList<Func<SqliteConnection, object?>> works)
    {
        var outcomes = new Outcome[works.Count];
        var committed = false;
        connection.Run("BEGIN IMMEDIATE");
        try
        {
            for (var i = 0; i < works.Count; i++) outcomes[i] = RunOne(works[i]);
            connection.Run("COMMIT");
            committed = true;
        }
        finally
        {
            if (!committed) Rollback();
            ended(committed);
        }

        return outcomes;
    }

    /// <summary>SQLite has rolled back by itself after some errors (a full disk); then there is nothing left to undo.</summary>
    private void Rollback()
    {
        try
        {
            connection.Script("ROLLBACK");
        }
        catch (SqliteException)
        {
            // No transaction is active.
        }
    }

    private Outcome RunOne(Func<SqliteConnection, object?> work)
    {
        connection.Run("SAVEPOINT one");
        try
        {
            var value = work(connection);
            connection.Run("RELEASE one");
            return new Outcome(value, null);
        }
        catch (Exception e)
        {
            connection.Run("ROLLBACK TO one"); // only this caller's work is undone
            connection.Run("RELEASE one");
            return new Outcome(null, e);
        }
    }

    private SqliteConnection Open()
    {
        var opened = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 30 }.ToString());
        opened.Open();
        return opened;
    }

    private readonly record struct Outcome(object? Value, Exception? Error);
}

/// <summary>The event store cannot be read or takes no commit now; answered as 503, and nothing was stored.</summary>
internal sealed class StoreUnavailableException(SqliteException cause)
    : ProblemException(Problems.Unavailable("The event store takes no commit now; nothing was stored."), cause);
