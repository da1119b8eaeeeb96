using System.Text.Json;
using Dapr;
using Dapr.Client;
using DaprOrders.Contracts;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;

namespace DaprOrders.Ordering.Publishing;

/// <summary>
/// Publishes the event store's stream in bulk and remembers how far it is. After a crash it publishes the last batch again, with the same ids:
/// consumers drop what they know. While the broker is away, events wait in the store.
/// </summary>
internal sealed partial class Relay(OrderEventStore store, DaprClient dapr, TimeProvider time, ILogger<Relay> log) : BackgroundService
{
    private const int BatchSize = 500;

    /// <summary>Ends with the service.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var position = store.Published();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var commit = store.Events.Next; // taken before reading: a commit in between is not missed
                var events = store.EventsAfter(position, BatchSize);
                if (events.Count == 0)
                {
                    await commit.WithinAsync(TimeSpan.FromSeconds(1), time, stoppingToken);
                    await Task.Delay(5, stoppingToken); // lets a batch gather
                    continue;
                }

                await PublishAsync(events, stoppingToken);
                position = events[^1].Position;
                await store.SetPublishedAsync(position);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                PublishFailed(log, e.Message);
                await Task.Delay(1000, stoppingToken);
            }
        }
    }

    private async Task PublishAsync(IReadOnlyList<StoredEvent> events, CancellationToken cancellation)
    {
        var answer = await dapr.BulkPublishEventAsync(Topics.PubSub, Topics.Orders, [.. events.Select(OrderCloudEvent.Of)], cancellationToken: cancellation);
        if (answer.FailedEntries.Count > 0) throw new DaprException($"{answer.FailedEntries.Count} of {events.Count} events were not published: {answer.FailedEntries[0].ErrorMessage}");
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Events wait in the store, the bus did not take them: {Reason}")]
    private static partial void PublishFailed(ILogger logger, string reason);
}

/// <summary>An event as it goes on the bus: its id is order and version, so that a second delivery is recognised.</summary>
internal sealed class OrderCloudEvent(JsonElement data) : CloudEvent<JsonElement>(data)
{
    public static OrderCloudEvent Of(StoredEvent stored) => new(JsonDocument.Parse(stored.Data).RootElement)
    {
        Id = $"{stored.OrderId}:{stored.Version}",
        SpecVersion = "1.0",
        Source = new Uri("/ordering", UriKind.Relative),
        Type = OrderEventNames.Type(stored.Name),
        Subject = stored.OrderId,
    };
}
