using System.Globalization;
using System.Text;
using LocalDapr.Runtime.Storage;
using Microsoft.Data.Sqlite;

namespace LocalDapr.Runtime.State;

/// <summary>
/// State in daprd's own SQLite layout: byte values in base64 with is_binary, JSON as text, etags as uuids, expiry as a
/// timestamp that reads filter. Over a database in memory it is state.in-memory.
/// </summary>
internal sealed class SqliteStateStore : IStateStore
{
    private const string TimeFormat = "yyyy-MM-dd HH:mm:ss.fff";

    private readonly TimeProvider _time;
    private readonly Statements _sql;

    public SqliteStateStore(SqliteDatabase database, string table, TimeProvider time)
    {
        if (!table.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') || table.Length == 0)
            throw new Hosting.StartupException($"'{table}' is no name for a state table");
        (Database, _time, _sql) = (database, time, new Statements(table));
    }

    /// <summary>For those whose own tables share the commits of this store: engine, actors, outbox.</summary>
    public SqliteDatabase Database { get; }

    /// <summary>Creates the table where it is missing; call once before use.</summary>
    public ValueTask OpenAsync(CancellationToken cancellation) => Database.WriteAsync(connection => connection.Execute(_sql.Schema), cancellation);

    public ValueTask<StateItem?> GetAsync(string key, CancellationToken cancellation) =>
        ValueTask.FromResult(Database.Read(connection => Read(connection, key)));

    public ValueTask<IReadOnlyList<StateItem?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellation) =>
        ValueTask.FromResult(Database.Read<IReadOnlyList<StateItem?>>(connection => [.. keys.Select(key => Read(connection, key))]));

    public ValueTask SetAsync(StateSet set, CancellationToken cancellation) => Database.WriteAsync(connection => Apply(connection, set), cancellation);

    public ValueTask DeleteAsync(StateDelete delete, CancellationToken cancellation) =>
        Database.WriteAsync(connection => Apply(connection, delete), cancellation);

    public ValueTask TransactAsync(IReadOnlyList<StateOperation> operations, CancellationToken cancellation) => Database.WriteAsync(
        connection =>
        {
            foreach (var operation in operations) Apply(connection, operation);
        },
        cancellation);

    /// <summary>For work that already runs inside a write of <see cref="Database"/>.</summary>
    public void Apply(SqliteConnection connection, StateOperation operation)
    {
        var done = operation is StateSet set ? Set(connection, set) : Delete(connection, operation);
        if (!done) throw new ETagMismatchException(operation.Key);
    }

    /// <summary>For work that already runs on a connection of <see cref="Database"/>.</summary>
    public StateItem? Read(SqliteConnection connection, string key)
    {
        using var reader = connection.Prepared(_sql.Select).Bind("$key", key).Bind("$now", Now()).ExecuteReader();
        if (!reader.Read()) return null;
        var text = reader.GetString(0);
        var value = reader.GetBoolean(1) ? Convert.FromBase64String(text) : Encoding.UTF8.GetBytes(text);
        DateTimeOffset? expires = reader.IsDBNull(3)
            ? null
            : DateTimeOffset.Parse(reader.GetString(3), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        return new StateItem(value, reader.GetString(2), expires);
    }

    private bool Set(SqliteConnection connection, StateSet set)
    {
        var sql = set.ETag is not null ? _sql.Replace : set.FirstWrite ? _sql.Insert : _sql.Upsert;
        var command = connection.Prepared(sql)
            .Bind("$key", set.Key)
            .Bind("$value", set.IsText ? Encoding.UTF8.GetString(set.Value.Span) : Convert.ToBase64String(set.Value.Span))
            .Bind("$binary", set.IsText ? 0 : 1)
            .Bind("$etag", Guid.NewGuid().ToString())
            .Bind("$expires", set.TimeToLive is { } ttl ? Text(_time.GetUtcNow() + ttl) : null)
            .Bind("$now", Now());
        if (set.ETag is not null) command.Bind("$old", set.ETag);
        return command.ExecuteNonQuery() > 0;
    }

    private bool Delete(SqliteConnection connection, StateOperation delete)
    {
        if (delete.ETag is null)
        {
            connection.Prepared(_sql.Delete).Bind("$key", delete.Key).ExecuteNonQuery();
            return true;
        }
        return connection.Prepared(_sql.DeleteMatching).Bind("$key", delete.Key).Bind("$old", delete.ETag).Bind("$now", Now()).ExecuteNonQuery() > 0;
    }

    private string Now() => Text(_time.GetUtcNow());

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    private sealed class Statements(string table)
    {
        private const string Values = "($key, $value, $binary, $etag, $expires, $now)";
        private const string Columns = "(key, value, is_binary, etag, expiration_time, update_time)";
        private const string New = "value = $value, is_binary = $binary, etag = $etag, expiration_time = $expires, update_time = $now";
        private const string Alive = "(expiration_time IS NULL OR expiration_time > $now)";

        public string Schema { get; } = $"""
            CREATE TABLE IF NOT EXISTS {table} (
              key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, is_binary BOOLEAN NOT NULL, etag TEXT NOT NULL,
              expiration_time TIMESTAMP DEFAULT NULL, update_time TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
            """;

        public string Select { get; } = $"SELECT value, is_binary, etag, expiration_time FROM {table} WHERE key = $key AND {Alive}";

        public string Upsert { get; } = $"INSERT INTO {table} {Columns} VALUES {Values} ON CONFLICT (key) DO UPDATE SET {New}";

        // An expired row counts as none: it is replaced.
        public string Insert { get; } =
            $"INSERT INTO {table} {Columns} VALUES {Values} ON CONFLICT (key) DO UPDATE SET {New} WHERE {table}.expiration_time <= $now";

        public string Replace { get; } = $"UPDATE {table} SET {New} WHERE key = $key AND etag = $old AND {Alive}";

        public string Delete { get; } = $"DELETE FROM {table} WHERE key = $key";

        public string DeleteMatching { get; } = $"DELETE FROM {table} WHERE key = $key AND etag = $old AND {Alive}";
    }
}
