using DaprOrders.Capacity;
using DaprOrders.Services.Support;
using Xunit;

namespace DaprOrders.Operations.Tests.Documents;

/// <summary>What the capacity plan reads from a PostgreSQL is what was done in it.</summary>
public sealed class PostgresUseTests(PostgresServer server)
{
    [Fact]
    public async Task A_sample_counts_rows_log_disk_and_the_processor_of_the_whole_server()
    {
        var database = await server.NewDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, "CREATE TABLE orders(id int PRIMARY KEY, text text)");
        var before = await PostgresUse.TakeAsync(database);

        await PostgresServer.ExecuteAsync(database, "INSERT INTO orders SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i");
        await PostgresServer.ExecuteAsync(database, "UPDATE orders SET text = 'y' WHERE id <= 5000");
        await PostgresServer.ExecuteAsync(database, "DELETE FROM orders WHERE id > 15000");
        var after = await Until.FoundAsync(async () => await PostgresUse.TakeAsync(database) is { Use.RowsWritten: 30_000 } now ? now.Use : null, "20,000 rows inserted, 5,000 changed, 5,000 deleted");
        var (_, cpu, tables) = await PostgresUse.TakeAsync(database);

        Assert.Equal(0, before.Use.RowsWritten);
        Assert.Equal(15_000, tables["ordering.orders"].Rows);
        Assert.InRange(tables["ordering.orders"].Bytes, 10_000 * 128, 15_000 * 140); // a header, an int and the text
        Assert.InRange(after.LogBytes - before.Use.LogBytes, 20_000 * 100, 100_000_000);
        Assert.InRange(after.DiskBytes - before.Use.DiskBytes, 20_000 * 100, 100_000_000);
        Assert.True(after.Commits >= before.Use.Commits + 3);
        Assert.True(cpu > before.CpuSeconds, "inserting 20,000 rows took no processor time");
    }
}
