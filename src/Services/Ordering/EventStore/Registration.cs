using DaprOrders.Ordering.EventStore.Postgres;
using DaprOrders.Ordering.EventStore.Sqlite;

namespace DaprOrders.Ordering.EventStore;

internal static class Registration
{
    /// <summary>The event store in the database that the options name.</summary>
    public static void AddEventStore(this IServiceCollection services, OrderingOptions options)
    {
        services.AddSingleton<OrderWatch>();
        services.AddSingleton<OrderTables>(provider => options.Postgres is null
            ? new SqliteTables(options.SqlitePath)
            : new PostgresTables(options.Postgres, $"{Environment.MachineName}/{Guid.NewGuid():N}", provider.GetRequiredService<ILogger<PostgresTables>>()));
        services.AddSingleton<OrderEventStore>();
        services.AddSingleton<Shares>();
    }
}
