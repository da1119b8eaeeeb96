using Microsoft.Data.Sqlite;

namespace LocalDapr.Runtime.Storage;

/// <summary>A connection that keeps each statement prepared after its first use. Not thread-safe, as any connection.</summary>
internal sealed class CachingConnection(string connectionString) : SqliteConnection(connectionString)
{
    private readonly Dictionary<string, SqliteCommand> _prepared = new(StringComparer.Ordinal);

    public SqliteCommand Prepared(string sql)
    {
        if (_prepared.TryGetValue(sql, out var command)) return command;
        command = CreateCommand();
#pragma warning disable CA2100 // Statements are constants of the callers; values travel as parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        _prepared.Add(sql, command);
        return command;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            foreach (var command in _prepared.Values)
                command.Dispose();
        base.Dispose(disposing);
    }
}

internal static class PreparedStatements
{
    /// <summary>The prepared statement of this connection for <paramref name="sql"/>; bind every parameter again before each use.</summary>
    public static SqliteCommand Prepared(this SqliteConnection connection, string sql) => ((CachingConnection)connection).Prepared(sql);

    /// <summary>Sets one parameter; null becomes SQL NULL.</summary>
    public static SqliteCommand Bind(this SqliteCommand command, string name, object? value)
    {
        var index = command.Parameters.IndexOf(name);
        if (index < 0) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        else command.Parameters[index].Value = value ?? DBNull.Value;
        return command;
    }

    /// <summary>Runs statements that are used once: schema, pragmas.</summary>
    public static void Execute(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Statements are constants of the callers.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
