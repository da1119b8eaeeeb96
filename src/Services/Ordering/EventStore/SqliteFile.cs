using System.Collections.Concurrent;
using DaprOrders.ServiceDefaults;
using Microsoft.Data.Sqlite;

namespace DaprOrders.Ordering.EventStore;

/// <summary>One SQLite file: a single writer that commits what arrived together with one fsync, and pooled readers. Safe for concurrent use.</summary>
internal sealed class SqliteFile : IAsyncDisposable
{
    private readonly SqliteConnection connection;
    private readonly string path;
    private readonly ConcurrentBag<SqliteConnection> readers = [];
    private readonly MicroBatch<Func<SqliteConnection, object?>, Outcome> writer;

    public SqliteFile(string path, string schema)
    {
        this.path = path;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        connection = Open();
        connection.Script("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
        connection.Script(schema);
        writer = new(works => Task.FromResult<IReadOnlyList<Outcome>>(Commit(works)), maxItems: 512, parallel: 1);
    }

    /// <summary>Durable when it returns. A work that throws is undone alone, and its exception is the caller's.</summary>
    public async Task<T> WriteAsync<T>(Func<SqliteConnection, T> work)
    {
        var outcome = await writer.AddAsync(db => work(db));
        return outcome.Error is null ? (T)outcome.Value! : throw new InvalidOperationException(outcome.Error.Message, outcome.Error);
    }

    public T Read<T>(Func<SqliteConnection, T> work)
    {
        var reader = readers.TryTake(out var pooled) ? pooled : Open();
        try
        {
            return work(reader);
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
        connection.Run("BEGIN IMMEDIATE");
        try
        {
            for (var i = 0; i < works.Count; i++) outcomes[i] = RunOne(works[i]);
            connection.Run("COMMIT");
        }
        catch (SqliteException)
        {
            connection.Script("ROLLBACK");
            throw;
        }

        return outcomes;
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
