namespace DaprOrders.Ordering;

/// <summary>Limits and times of the order flow, from configuration or the environment variables of the contract.</summary>
internal sealed record OrderingOptions(string DataFolder, long ApprovalLimit, TimeSpan ApprovalTimeout, TimeSpan ParkAfter, TimeSpan PaymentGiveUp, TimeSpan AnswerRetention)
{
    public static OrderingOptions From(IConfiguration configuration) => new(
        configuration["DAPRORDERS_DATA"] ?? "data/run",
        configuration.GetValue<long?>("DAPRORDERS_APPROVAL_LIMIT") ?? configuration.GetValue("Ordering:ApprovalLimit", 1_000_000L),
        TimeSpan.FromSeconds(configuration.GetValue<double?>("DAPRORDERS_APPROVAL_TIMEOUT_SECONDS") ?? configuration.GetValue("Ordering:ApprovalTimeoutSeconds", 86_400.0)),
        TimeSpan.FromSeconds(configuration.GetValue<double?>("DAPRORDERS_PARK_AFTER_SECONDS") ?? configuration.GetValue("Saga:ParkAfterSeconds", 600.0)),
        TimeSpan.FromSeconds(configuration.GetValue<double?>("DAPRORDERS_PAYMENT_GIVE_UP_SECONDS") ?? configuration.GetValue("Payments:GiveUpSeconds", 86_400.0)),
        TimeSpan.FromHours(configuration.GetValue("Ordering:AnswerRetentionHours", 24.0)));
}
