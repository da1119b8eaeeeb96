using System.Runtime.CompilerServices;
using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace DaprOrders.Ordering.EventStore.Sqlite;

/// <summary>Statements with positional parameters, prepared once per connection. A connection is used by one thread at a time.</summary>
internal static class Sql
{
    private static readonly ConditionalWeakTable<SqliteConnection, Dictionary<string, SqliteCommand>> Prepared = [];

    public static int Run(this SqliteConnection connection, string sql, params object?[] values) => Command(connection, sql, values).ExecuteNonQuery();

    public static List<T> Query<T>(this SqliteConnection connection, string sql, Func<DbDataReader, T> read, params object?[] values)
    {
        using var rows = Command(connection, sql, values).ExecuteReader();
        var all = new List<T>();
        while (rows.Read()) all.Add(read(rows));
        return all;
    }

    /// <summary>Several statements, unprepared.</summary>
    public static void Script(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, object?[] values)
    {
        var commands = Prepared.GetValue(connection, _ => []);
        if (!commands.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = Named(sql, out var count);
            for (var i = 0; i < count; i++) command.Parameters.Add(new SqliteParameter($"${i}", null));
            command.Prepare();
            commands[sql] = command;
        }

        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command;
    }

    private static string Named(string sql, out int count)
    {
        var parts = sql.Split('?');
        count = parts.Length - 1;
        return string.Concat(parts.Select((part, i) => i == 0 ? part : $"${i - 1}{part}"));
    }
}
