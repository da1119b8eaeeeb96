using LocalDapr.Runtime.PubSub.Routing;

namespace LocalDapr.Runtime.PubSub.Subscriptions;

/// <summary>Where a subscription comes from; the names are those of <c>/v1.0/metadata</c>.</summary>
internal enum SubscriptionKind
{
    Declarative,
    Programmatic,
    Streaming,
}

/// <summary>One topic of one pub/sub component that the app wants.</summary>
internal sealed record Subscription(string PubSub, string Topic, Routes Routes, SubscriptionKind Kind)
{
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    public string DeadLetterTopic { get; init; } = "";

    /// <summary>The resource of a declarative one; the same text is the same subscription.</summary>
    public string Source { get; init; } = "";

    /// <summary>Null for one message at a time.</summary>
    public BulkOptions? Bulk { get; init; }

    public bool IsRaw => bool.TryParse(Metadata.GetValueOrDefault("rawPayload"), out var raw) && raw;
}

/// <summary>How many messages go out together, and how long the first of them may wait.</summary>
internal sealed record BulkOptions(int MaxMessages, TimeSpan MaxWait)
{
    public static BulkOptions? Of(bool enabled, int maxMessages, int maxWaitMs) => enabled
        ? new(maxMessages > 0 ? maxMessages : 100, TimeSpan.FromMilliseconds(maxWaitMs > 0 ? maxWaitMs : 1000))
        : null;
}
