namespace DaprOrders.Ordering.EventStore;

/// <summary>Orders that have not ended, by status.</summary>
internal sealed record OpenOrders(IReadOnlyDictionary<string, OpenStatus> ByStatus)
{
    public OpenStatus Of(string status) => ByStatus.GetValueOrDefault(status) ?? new OpenStatus(0, null);
}

internal sealed record OpenStatus(long Count, DateTimeOffset? OldestAt);

/// <summary>Events that the bus has not taken yet.</summary>
internal sealed record Outbox(long Waiting, DateTimeOffset? OldestAt);
