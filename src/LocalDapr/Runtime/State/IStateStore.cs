namespace LocalDapr.Runtime.State;

/// <summary>
/// A transactional key-value store with etags and expiry. Keys are final: prefixes are the caller's matter. Expired items do not exist.
/// Every completed write is durable as far as the store is. Safe for any number of callers.
/// </summary>
internal interface IStateStore
{
    /// <summary>Null when there is no such key.</summary>
    ValueTask<StateItem?> GetAsync(string key, CancellationToken cancellation);

    /// <summary>One entry per key, in the order of the keys.</summary>
    ValueTask<IReadOnlyList<StateItem?>> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellation);

    /// <summary>Throws <see cref="ETagMismatchException"/> and changes nothing when the condition of the write does not hold.</summary>
    ValueTask SetAsync(StateSet set, CancellationToken cancellation);

    /// <summary>Deleting what is not there succeeds, unless an etag is given: then <see cref="ETagMismatchException"/>.</summary>
    ValueTask DeleteAsync(StateDelete delete, CancellationToken cancellation);

    /// <summary>All or nothing, in order. Throws <see cref="ETagMismatchException"/> when the condition of any operation does not hold.</summary>
    ValueTask TransactAsync(IReadOnlyList<StateOperation> operations, CancellationToken cancellation);
}

/// <summary>A stored value with its etag.</summary>
internal sealed record StateItem(ReadOnlyMemory<byte> Value, string ETag, DateTimeOffset? ExpiresAt);

/// <summary>One write. With an etag it is a compare-and-swap.</summary>
internal abstract record StateOperation(string Key)
{
    public string? ETag { get; init; }
}

/// <summary>Binary is told apart from JSON text in the table, as daprd does.</summary>
internal sealed record StateSet(string Key, ReadOnlyMemory<byte> Value) : StateOperation(Key)
{
    public bool IsText { get; init; }

    /// <summary>Without an etag: insert only.</summary>
    public bool FirstWrite { get; init; }

    /// <summary>Null is no expiry; a save without one clears a former one.</summary>
    public TimeSpan? TimeToLive { get; init; }
}

internal sealed record StateDelete(string Key) : StateOperation(Key);

/// <summary>The item is not what the caller believed.</summary>
internal sealed class ETagMismatchException(string key) : Exception("possible etag mismatch. error from state store: etag mismatch")
{
    public string Key { get; } = key;
}
