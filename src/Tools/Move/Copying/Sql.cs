using Microsoft.Data.Sqlite;
using Npgsql;

namespace DaprOrders.Move.Copying;

internal static class Sql
{
    public static async Task<int> RunAsync(this NpgsqlConnection connection, string sql, CancellationToken cancellation, params object[] values)
    {
        await using var command = Command(connection, sql, values);
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    public static async Task<T?> OneAsync<T>(this NpgsqlConnection connection, string sql, CancellationToken cancellation, params object[] values)
    {
        await using var command = Command(connection, sql, values);
        return await command.ExecuteScalarAsync(cancellation) is T value ? value : default;
    }

    public static long Number(this SqliteConnection file, string sql) => file.Rows(sql, row => row.GetInt64(0)).Single();

    /// <summary>A row at a time: a store may be larger than memory.</summary>
    public static IEnumerable<T> Rows<T>(this SqliteConnection file, string sql, Func<SqliteDataReader, T> read, params (string Name, object Value)[] values)
    {
        using var command = file.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values) command.Parameters.AddWithValue(name, value);
        using var rows = command.ExecuteReader();
        while (rows.Read()) yield return read(rows);
    }

    public static bool HasTable(this SqliteConnection file, string name) =>
        file.Rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $name", row => row.GetInt64(0), ("$name", name)).Any();

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, object[] values)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 }; // a copy takes as long as it takes
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }
}
