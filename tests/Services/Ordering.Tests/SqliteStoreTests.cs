using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.EventStore.Sqlite;
using Microsoft.Data.Sqlite;

namespace DaprOrders.Ordering.Tests;

public sealed class SqliteStoreTests : EventStoreContract
{
    private readonly string folder = Directory.CreateTempSubdirectory("ordering-").FullName;

    private string Path => System.IO.Path.Combine(folder, "ordering.db");

    protected override string Damage =>
        "UPDATE orders SET state = CAST(replace(CAST(state AS TEXT), '\"version\":2', '\"version\":7') AS BLOB) WHERE order_id = 'o1'";

    protected override string Refuse => "CREATE TRIGGER full BEFORE INSERT ON order_events BEGIN SELECT RAISE(ROLLBACK, 'disk full'); END";

    protected override string Newer => "PRAGMA user_version = 99";

    protected override string BeforeRefunds => "DROP TABLE refunds";

    private protected override OrderTables Open() => new SqliteTables(Path);

    protected override Task PrepareAsync() => Task.CompletedTask;

    protected override Task CleanUpAsync()
    {
        Directory.Delete(folder, recursive: true);
        return Task.CompletedTask;
    }

    protected override async Task ExecuteAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={Path};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
