using System.Data.Common;
using Npgsql;

namespace DaprOrders.Ordering.EventStore.Postgres;

/// <summary>What a connection string that says nothing of it gets.</summary>
internal static class PostgresSettings
{
    public static string Complete(string connectionString)
    {
        var given = new DbConnectionStringBuilder { ConnectionString = connectionString };
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "daprorders-ordering", Enlist = false };
        if (!given.ContainsKey("Maximum Pool Size") && !given.ContainsKey("MaxPoolSize")) settings.MaxPoolSize = 20; // times the replicas: compare with max_connections
        if (!given.ContainsKey("Max Auto Prepare")) settings.MaxAutoPrepare = 50;
        if (!given.ContainsKey("Timeout")) settings.Timeout = 5;
        if (!given.ContainsKey("Command Timeout")) settings.CommandTimeout = 15;
        if (!given.ContainsKey("Keepalive")) settings.KeepAlive = 30; // the connection that listens finds out that its peer is gone
        settings.NoResetOnClose = true; // nothing here leaves anything behind in a session
        return settings.ToString();
    }
}
