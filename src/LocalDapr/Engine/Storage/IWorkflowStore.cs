using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Storage;

/// <summary>
/// Where a task hub keeps its instances: an append-only log of opaque records per instance, and a small index of what is unfinished.
/// Thread-safe.
/// Any method may throw <see cref="IOException"/> or the back end's own exception when it cannot be reached; nothing was then changed.
/// </summary>
public interface IWorkflowStore
{
    /// <summary>Writes all of it or nothing, in order, and returns when it is durable.</summary>
    ValueTask AppendAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancellation);

    /// <summary>The records of an instance by rising sequence; null when there is no such instance.</summary>
    ValueTask<IReadOnlyList<StoredRecord>?> LoadAsync(string instanceId, CancellationToken cancellation);

    /// <summary>Ids of unfinished instances that wake within [from, before), the soonest first. Who sleeps costs nothing here.</summary>
    IAsyncEnumerable<string> WakingAsync(DateTimeOffset from, DateTimeOffset before, CancellationToken cancellation);

    /// <summary>Ids in ordinal order, beginning behind <paramref name="after"/>.</summary>
    ValueTask<IReadOnlyList<string>> ListAsync(string? after, int limit, CancellationToken cancellation);

    /// <summary>Some ids of instances that ended with this status before that time, the oldest first.</summary>
    ValueTask<IReadOnlyList<string>> FinishedAsync(RuntimeStatus status, DateTimeOffset before, int limit, CancellationToken cancellation);
}

/// <summary>One record of an instance.</summary>
public readonly record struct StoredRecord(long Sequence, ReadOnlyMemory<byte> Bytes);

/// <summary>One change to one instance.</summary>
public sealed record StoreWrite(string InstanceId, long Sequence, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Records of this instance below <see cref="Sequence"/> are removed first: it starts over.</summary>
    public bool Truncates { get; init; }

    /// <summary>The instance is added to the index as unfinished (or becomes so again).</summary>
    public bool Begins { get; init; }

    /// <summary>
    /// When the instance needs the engine by itself: the epoch for at once, the largest time for never. Null leaves it as it is.
    /// </summary>
    public DateTimeOffset? WakesAt { get; init; }

    /// <summary>The instance ended; it is not recovered any more.</summary>
    public RuntimeStatus? FinishedAs { get; init; }

    public DateTimeOffset FinishedAt { get; init; }

    /// <summary>Everything of the instance is removed; there are no bytes then.</summary>
    public bool Purges { get; init; }
}
