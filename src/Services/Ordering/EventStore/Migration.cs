using DaprOrders.Ordering.EventStore.Postgres;
using DaprOrders.Ordering.EventStore.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using System.Data.Common;

namespace DaprOrders.Ordering.EventStore;

/// <summary>
/// <c>--migrate</c>: opens the event store, which brings its tables up to date, and ends. Safe to run twice, and beside a running Ordering of the version
/// before: a change of the tables only ever adds. Exit code 1 when it cannot be opened or written.
/// </summary>
internal static class Migration
{
    public static async Task<int> RunAsync(OrderingOptions options)
    {
        var place = options.Postgres is null ? options.SqlitePath : "in PostgreSQL";
        try
        {
            if (options.Postgres is null)
            {
                await using var file = new SqliteTables(options.SqlitePath);
            }
            else
            {
                await using var tables = new PostgresTables(options.Postgres, "migration", NullLogger<PostgresTables>.Instance);
                await tables.EnsureAsync(CancellationToken.None);
            }

            Console.WriteLine($"The event store {place} is up to date.");
            return 0;
        }
        catch (Exception e) when (e is DbException or IOException or UnauthorizedAccessException or InvalidOperationException or TimeoutException)
        {
            await Console.Error.WriteLineAsync($"The event store {place} could not be brought up to date: {e.Message}");
            return 1;
        }
    }
}
