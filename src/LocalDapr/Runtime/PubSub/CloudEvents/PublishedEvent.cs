namespace LocalDapr.Runtime.PubSub.CloudEvents;

/// <summary>What a publisher hands in, from either API.</summary>
internal sealed record PublishedEvent(string PubSub, string Topic, ReadOnlyMemory<byte> Data, string ContentType)
{
    /// <summary>Names match in any letter case.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    public Trace Trace { get; init; }
}

/// <summary>The trace context of a caller; empty texts when it sent none.</summary>
internal readonly record struct Trace(string? Parent, string? State);
