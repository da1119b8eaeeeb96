using LocalDapr.Runtime.Components;

namespace LocalDapr.Runtime.PubSub.Log;

/// <summary>How a subscription reads, named as in the metadata of pubsub.redis. A plain number is milliseconds.</summary>
internal sealed record ConsumerOptions
{
    private const int DefaultConcurrency = 64;

    /// <summary>Batches in the hands of the app at one time.</summary>
    public int Concurrency { get; init; } = DefaultConcurrency;

    /// <summary>Messages claimed at one time.</summary>
    public int QueueDepth { get; init; } = 256;

    /// <summary>A consumer that does not prolong its lease for so long is taken for dead.</summary>
    public TimeSpan ProcessingTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>When a refused message comes again, and how often the leases of dead consumers are looked for.</summary>
    public TimeSpan RedeliverInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether a new group gets what the log holds already.</summary>
    public bool FromOldest { get; init; }

    public int BatchSize { get; init; } = 1;

    public TimeSpan BatchWait { get; init; }

    public static ConsumerOptions Of(Component component)
    {
        // The broker in memory hands the next message out when the last one is answered, as daprd's does.
        var defaults = new ConsumerOptions { Concurrency = component.Type == "pubsub.in-memory" ? 1 : DefaultConcurrency };
        return defaults with
        {
            Concurrency = Math.Max(1, Number(component, "concurrency", defaults.Concurrency)),
            QueueDepth = Math.Max(1, Number(component, "queueDepth", defaults.QueueDepth)),
            ProcessingTimeout = Span(component, "processingTimeout", defaults.ProcessingTimeout),
            RedeliverInterval = Span(component, "redeliverInterval", defaults.RedeliverInterval),
            FromOldest = component.Get("initialOffset", "newest") == "oldest",
        };
    }

    private static int Number(Component component, string name, int otherwise) =>
        int.TryParse(component.Get(name), out var number) ? number : otherwise;

    private static TimeSpan Span(Component component, string name, TimeSpan otherwise) =>
        int.TryParse(component.Get(name), out var milliseconds) && milliseconds > 0 ? TimeSpan.FromMilliseconds(milliseconds) : otherwise;
}
