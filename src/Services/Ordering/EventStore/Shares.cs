namespace DaprOrders.Ordering.EventStore;

/// <summary>
/// The buckets of the stream that this process looks after: their events it publishes, their commands it gives to the sagas. Owned for a term and renewed
/// long before it is over; who cannot renew stops by its own clock before anybody else may begin. Ends with the service, and gives back what it owns.
/// </summary>
internal sealed partial class Shares(OrderEventStore store, OrderingOptions options, TimeProvider time, ILogger<Shares> log) : BackgroundService
{
    private const int TurnsATerm = 5;
    private volatile Held held = new([], 0);

    /// <summary>Empty when the term is over, as far as is known here.</summary>
    public IReadOnlyList<Share> Owned => time.GetTimestamp() < held.Until ? held.Shares : [];

    /// <summary>What must be done once, by one process, is done by the owner of the first bucket.</summary>
    public bool IsFirst => Owned.Any(share => share.Bucket == 0);

    /// <summary>Somebody else owns these now.</summary>
    public void Lost(IReadOnlySet<int> buckets) => held = held with { Shares = [.. held.Shares.Where(share => !buckets.Contains(share.Bucket))] };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var term = options.LeaseTerm;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LeaseAsync(term, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                NotRenewed(log, e.Message);
            }

            await Task.Delay(store.Read.IsShared ? term / TurnsATerm : Timeout.InfiniteTimeSpan, time, stoppingToken);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        held = new([], 0);
        try
        {
            await store.Read.ReleaseAsync(cancellationToken);
        }
        catch (Exception e)
        {
            NotRenewed(log, e.Message); // they are free when the term is over
        }
    }

    private async Task LeaseAsync(TimeSpan term, CancellationToken stopping)
    {
        var asked = time.GetTimestamp(); // the term begins later, at the database
        var shares = await store.Read.LeaseAsync(term, stopping);
        var isNew = !shares.Select(share => (share.Bucket, share.Epoch)).SequenceEqual(held.Shares.Select(share => (share.Bucket, share.Epoch)));
        held = new(shares, store.Read.IsShared ? asked + (long)(term.TotalSeconds * 0.8 * time.TimestampFrequency) : long.MaxValue);
        if (!isNew) return;
        store.Events.Raise();
        store.Commands.Raise();
    }

    private sealed record Held(IReadOnlyList<Share> Shares, long Until);

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The buckets could not be leased or given back: {Reason}")]
    private static partial void NotRenewed(ILogger logger, string reason);
}
