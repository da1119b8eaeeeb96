using Microsoft.Data.Sqlite;

namespace DaprOrders.Ordering.EventStore;

/// <summary>
/// <c>--migrate</c>: opens the event store, which brings its tables up to date, and ends. Safe to run twice, and beside a running Ordering of the version
/// before: a change of the tables only ever adds. Exit code 1 when the file cannot be opened or written.
/// </summary>
internal static class Migration
{
    public static async Task<int> RunAsync(string dataFolder)
    {
        var path = Path.Combine(dataFolder, "ordering.db");
        try
        {
            await using var store = new OrderEventStore(path, new OrderWatch());
            Console.WriteLine($"The event store {path} is up to date.");
            return 0;
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"The event store {path} could not be brought up to date: {e.Message}");
            return 1;
        }
    }
}
