namespace DaprOrders.Ordering.EventStore;

/// <summary>Forgets the stored answers of keys after the retention; ends with the service.</summary>
internal sealed class AnswerRetention(OrderEventStore store, OrderingOptions options, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var hourly = new PeriodicTimer(TimeSpan.FromHours(1), time);
        do await store.PurgeAnswersAsync(time.GetUtcNow() - options.AnswerRetention);
        while (await hourly.WaitForNextTickAsync(stoppingToken));
    }
}
