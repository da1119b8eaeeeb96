namespace Dapr;

// One element of what GET dapr/subscribe answers.
internal sealed record Subscription(string Topic, string PubsubName)
{
    public string? Route { get; init; }

    public SubscriptionRoutes? Routes { get; init; }

    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    public string? DeadLetterTopic { get; init; }

    public SubscriptionBulk? BulkSubscribe { get; init; }
}

internal sealed record SubscriptionRoutes(string? Default, IReadOnlyList<SubscriptionRule> Rules);

internal sealed record SubscriptionRule(string Match, string Path);

internal sealed record SubscriptionBulk(int MaxMessagesCount, int MaxAwaitDurationMs)
{
    public bool Enabled { get; } = true;
}
