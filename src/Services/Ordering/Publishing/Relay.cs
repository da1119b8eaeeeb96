using DaprOrders.Ordering.EventStore;

namespace DaprOrders.Ordering.Publishing;

/// <summary>
/// Publishes the event store's stream in bulk and remembers how far it is. After a crash it publishes again what was under way, with the same ids:
/// consumers drop what they know. While the broker is away, events wait in the store.
/// </summary>
internal sealed partial class Relay(OrderEventStore store, OrdersTopic topic, TimeProvider time, ILogger<Relay> log) : BackgroundService
{
    private const int MostUnderWay = 4; // of which all but one are full: batches grow with the load before they multiply
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Ends with the service.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                PublishFailed(log, e.Message);
                await Task.Delay(Pause, time, stoppingToken);
            }
        }
    }

    /// <summary>From the remembered position on; throws when the store fails, after what was under way has ended.</summary>
    private async Task FollowAsync(CancellationToken stopping)
    {
        var outgoing = new Outgoing(store.Published());
        var underWay = new List<Task<Published>>();
        try
        {
            while (true)
            {
                var commit = store.Events.Next; // taken before reading: a commit in between is not missed
                if (outgoing.Room > 0) outgoing.Add(store.EventsAfter(outgoing.ReadTo, outgoing.Room));
                while (underWay.Count < MostUnderWay && outgoing.Take(onlyFull: underWay.Count > 0) is { Count: > 0 } batch) underWay.Add(PublishAsync(batch, stopping));
                if (underWay.Count == 0)
                {
                    await commit.WithinAsync(Pause, time, stopping);
                    await Task.Delay(Gather, time, stopping); // one call and one commit for what comes together
                    continue;
                }

                var ended = await Task.WhenAny(underWay);
                underWay.Remove(ended);
                await SettleAsync(outgoing, await ended, stopping);
            }
        }
        finally
        {
            await Task.WhenAll(underWay.Cast<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // two publishers of one stream would not keep its order
        }
    }

    private async Task<Published> PublishAsync(IReadOnlyList<StoredEvent> batch, CancellationToken stopping)
    {
        try
        {
            return new Published(batch, await topic.PublishAsync(batch, stopping));
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            return new Published(batch, batch.ToDictionary(stored => stored, _ => e.Message));
        }
    }

    private async Task SettleAsync(Outgoing outgoing, Published published, CancellationToken stopping)
    {
        outgoing.Settle(published.Batch, published.Failed.Keys.ToHashSet());
        await store.SetPublishedAsync(outgoing.Published);
        if (published.Failed.Count == 0) return;
        PublishFailed(log, $"{published.Failed.Count} of {published.Batch.Count} events: {published.Failed.Values.First()}");
        await Task.Delay(Pause, time, stopping);
    }

    private sealed record Published(IReadOnlyList<StoredEvent> Batch, IReadOnlyDictionary<StoredEvent, string> Failed);

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Events wait in the store, the bus did not take them: {Reason}")]
    private static partial void PublishFailed(ILogger logger, string reason);
}
