using System.Collections.Concurrent;
using LocalDapr.Runtime.Hosting;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.Storage;

/// <summary>One <see cref="SqliteDatabase"/> per file for the whole process, so that every writer of a file shares its group commit.</summary>
internal sealed class SqliteDatabases(ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<SqliteDatabase>> _open = new(StringComparer.Ordinal);

    /// <summary>The database of a component's connection string: a path, <c>file:path?…</c>, or <c>Data Source=path</c>.</summary>
    public SqliteDatabase Get(string connectionString)
    {
        var path = Path.GetFullPath(SqlitePath.Of(connectionString));
        return Once(path, () => SqliteDatabase.OpenFile(path, loggers.CreateLogger<SqliteDatabase>()));
    }

    /// <summary>A database that lives in this process only, one for each name.</summary>
    public SqliteDatabase InMemory(string name) =>
        Once($":memory:{name}", () => SqliteDatabase.OpenInMemory(loggers.CreateLogger<SqliteDatabase>()));

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _open.Values)
            if (database.IsValueCreated)
                await database.Value.DisposeAsync();
        _open.Clear();
    }

    private SqliteDatabase Once(string key, Func<SqliteDatabase> open)
    {
        try
        {
            return _open.GetOrAdd(key, _ => new Lazy<SqliteDatabase>(open)).Value;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or Microsoft.Data.Sqlite.SqliteException)
        {
            _open.TryRemove(key, out _);
            throw new StartupException($"cannot open the SQLite database {key}: {error.Message}", error);
        }
    }
}
