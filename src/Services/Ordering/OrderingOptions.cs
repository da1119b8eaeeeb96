namespace DaprOrders.Ordering;

/// <summary>Limits and times of the order flow, from configuration or the environment variables of the contract.</summary>
internal sealed record OrderingOptions(string DataFolder, long ApprovalLimit, TimeSpan ApprovalTimeout, TimeSpan ParkAfter, TimeSpan PaymentGiveUp, TimeSpan AnswerRetention)
{
    /// <summary>Connection string of the event store in PostgreSQL; null where it is a SQLite file in the data folder.</summary>
    public string? Postgres { get; init; }

    /// <summary>For how long a process owns its part of the stream without renewing it: so long a part waits when its process was killed.</summary>
    public TimeSpan LeaseTerm { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>An open order to which nothing has happened for so long has its saga looked for; zero for never.</summary>
    public TimeSpan SagaLostAfter { get; init; } = TimeSpan.FromMinutes(10);

    public string SqlitePath => Path.Combine(DataFolder, "ordering.db");

    public static OrderingOptions From(IConfiguration configuration) => new(
        configuration["DAPRORDERS_DATA"] ?? "data/run",
        configuration.GetValue<long?>("DAPRORDERS_APPROVAL_LIMIT") ?? configuration.GetValue("Ordering:ApprovalLimit", 1_000_000L),
        TimeSpan.FromSeconds(configuration.GetValue<double?>("DAPRORDERS_APPROVAL_TIMEOUT_SECONDS") ?? configuration.GetValue("Ordering:ApprovalTimeoutSeconds", 86_400.0)),
        TimeSpan.FromSeconds(configuration.GetValue<double?>("DAPRORDERS_PARK_AFTER_SECONDS") ?? configuration.GetValue("Saga:ParkAfterSeconds", 600.0)),
        TimeSpan.FromSeconds(configuration.GetValue<double?>("DAPRORDERS_PAYMENT_GIVE_UP_SECONDS") ?? configuration.GetValue("Payments:GiveUpSeconds", 86_400.0)),
        TimeSpan.FromHours(configuration.GetValue("Ordering:AnswerRetentionHours", 24.0)))
    {
        Postgres = PostgresOf(configuration),
        SagaLostAfter = TimeSpan.FromSeconds(configuration.GetValue<double?>("DAPRORDERS_SAGA_LOST_AFTER_SECONDS") ?? configuration.GetValue("Saga:LostAfterSeconds", 600.0)),
        LeaseTerm = TimeSpan.FromSeconds(configuration.GetValue<double?>("DAPRORDERS_LEASE_SECONDS") ?? configuration.GetValue("Ordering:LeaseSeconds", 15.0)),
    };

    /// <summary>The password comes apart from the rest, as a secret does.</summary>
    private static string? PostgresOf(IConfiguration configuration)
    {
        var store = configuration["ORDERING_STORE"] ?? configuration.GetValue("Ordering:Store", "sqlite");
        if (store == "sqlite") return null;
        if (store != "postgres") throw new InvalidOperationException($"ORDERING_STORE is {store}; it can be sqlite or postgres.");
        if ((configuration["ORDERING_POSTGRES"] ?? configuration["Ordering:Postgres"]) is not { Length: > 0 } connection)
            throw new InvalidOperationException("ORDERING_STORE is postgres: ORDERING_POSTGRES must be its connection string, as in Host=…;Database=…;Username=….");
        var password = configuration["ORDERING_POSTGRES_PASSWORD"];
        return string.IsNullOrEmpty(password) ? connection : new System.Data.Common.DbConnectionStringBuilder { ConnectionString = connection, ["Password"] = password }.ConnectionString;
    }
}
