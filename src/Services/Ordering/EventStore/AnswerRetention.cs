namespace DaprOrders.Ordering.EventStore;

/// <summary>Forgets the stored answers of keys after the retention; ends with the service.</summary>
internal sealed partial class AnswerRetention(OrderEventStore store, Shares shares, OrderingOptions options, TimeProvider time, ILogger<AnswerRetention> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var hourly = new PeriodicTimer(TimeSpan.FromHours(1), time);
        do
        {
            try
            {
                if (shares.IsFirst) await store.PurgeAnswersAsync(time.GetUtcNow() - options.AnswerRetention);
            }
            catch (StoreUnavailableException e)
            {
                NotPurged(log, e.Message);
            }
        }
        while (await hourly.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Old answers could not be purged, trying again in an hour: {Reason}")]
    private static partial void NotPurged(ILogger logger, string reason);
}
