using LocalDapr.Runtime.PubSub.CloudEvents;

namespace LocalDapr.Runtime.PubSub.Delivery;

/// <summary>What an app made of one event.</summary>
internal enum Outcome
{
    Success,
    Retry,
    Drop,
}

/// <summary>One event for one path of the app.</summary>
internal sealed record Delivery(ReceivedEvent Event, string Path, string PubSub, string Topic)
{
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>The bare bytes for a raw subscription, whose event holds them wrapped; null for all others.</summary>
    public ReadOnlyMemory<byte>? Raw { get; init; }

    /// <summary>Names the entry in a batch.</summary>
    public string EntryId { get; } = Guid.NewGuid().ToString();
}

/// <summary>A way to hand events to the app: HTTP, gRPC or a stream. A failure to reach it is <see cref="Outcome.Retry"/>.</summary>
internal interface ISubscriber
{
    ValueTask<Outcome> DeliverAsync(Delivery delivery, CancellationToken cancellation);

    /// <summary>All for one path; the answer has one outcome an entry, in order.</summary>
    ValueTask<IReadOnlyList<Outcome>> DeliverBulkAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellation);
}
