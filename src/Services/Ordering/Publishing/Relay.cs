using DaprOrders.Ordering.EventStore;

namespace DaprOrders.Ordering.Publishing;

/// <summary>
/// Publishes the event store's stream in bulk, of the buckets that this process owns, and remembers how far it is. After a crash what was under way is
/// published again by whoever owns it then, with the same ids: consumers drop what they know. While the broker is away, events wait in the store.
/// </summary>
internal sealed partial class Relay(OrderEventStore store, Shares shares, OrdersTopic topic, TimeProvider time, ILogger<Relay> log) : BackgroundService
{
    private const int MostUnderWay = 4; // of which all but one are full: batches grow with the load before they multiply
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Ends with the service, after what is under way.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (outgoing, underWay) = (new Outgoing(), new List<Task<Published>>());
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await StepAsync(outgoing, underWay, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                PublishFailed(log, e.Message);
                await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                // The service ends.
            }
        }

        await Task.WhenAll(underWay.Cast<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task StepAsync(Outgoing outgoing, List<Task<Published>> underWay, CancellationToken stopping)
    {
        var commit = store.Events.Next; // taken before reading: a commit in between is not missed
        outgoing.Own(shares.Owned);
        await NoteAsync(outgoing);
        if (outgoing is { Room: > 0, From: { Count: > 0 } from }) outgoing.Add(await store.Read.EventsToPublishAsync(from, outgoing.Room));
        while (underWay.Count < MostUnderWay && outgoing.Take(onlyFull: underWay.Count > 0) is { Count: > 0 } batch) underWay.Add(PublishAsync(batch, stopping));
        if (underWay.Count == 0)
        {
            await commit.WithinAsync(Pause, time, stopping);
            await Task.Delay(Gather, time, stopping); // one call and one commit for what comes together
            return;
        }

        var ended = await Task.WhenAny(underWay);
        underWay.Remove(ended);
        var published = await ended;
        outgoing.Settle(published.Batch, published.Failed.Keys.ToHashSet());
        if (published.Failed.Count == 0) return;
        PublishFailed(log, $"{published.Failed.Count} of {published.Batch.Count} events: {published.Failed.Values.First()}");
        await Task.Delay(Pause, time, stopping);
    }

    private async Task NoteAsync(Outgoing outgoing)
    {
        if (outgoing.Marks() is not { Count: > 0 } marks) return;
        var lost = await store.SetPublishedAsync(marks);
        outgoing.Noted(marks);
        if (lost.Count > 0) shares.Lost(lost);
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

    private sealed record Published(IReadOnlyList<StoredEvent> Batch, IReadOnlyDictionary<StoredEvent, string> Failed);

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Events wait in the store, the bus did not take them: {Reason}")]
    private static partial void PublishFailed(ILogger logger, string reason);
}
