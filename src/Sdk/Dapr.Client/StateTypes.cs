namespace Dapr.Client;

/// <summary>How a read or write is to be carried out.</summary>
public class StateOptions
{
    /// <summary>Eventual or strong; null leaves it to the store.</summary>
    public ConsistencyMode? Consistency { get; set; }

    /// <summary>First write wins or last write wins; null leaves it to the store.</summary>
    public ConcurrencyMode? Concurrency { get; set; }
}

/// <summary>Consistency of a store's replicas.</summary>
public enum ConsistencyMode
{
    /// <summary>A read may be behind.</summary>
    Eventual,

    /// <summary>A read sees every write before it.</summary>
    Strong,
}

/// <summary>Who wins when two write.</summary>
public enum ConcurrencyMode
{
    /// <summary>The first; a write without etag only inserts.</summary>
    FirstWrite,

    /// <summary>The last.</summary>
    LastWrite,
}

/// <summary>What a transaction does with a key.</summary>
public enum StateOperationType
{
    /// <summary>Insert or update.</summary>
    Upsert,

    /// <summary>Remove.</summary>
    Delete,
}

/// <summary>One write of a transaction; the value's bytes are stored as they are.</summary>
public sealed class StateTransactionRequest(
    string key, byte[]? value, StateOperationType operationType, string? etag = default, IReadOnlyDictionary<string, string>? metadata = default, StateOptions? options = default)
{
    /// <summary>The key.</summary>
    public string Key { get; } = key;

    /// <summary>The bytes to store; null for a delete.</summary>
    public byte[]? Value { get; set; } = value;

    /// <summary>Upsert or delete.</summary>
    public StateOperationType OperationType { get; set; } = operationType;

    /// <summary>The write counts only while the key has this etag.</summary>
    public string? ETag { get; set; } = etag;

    /// <summary>For the component, e.g. ttlInSeconds.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; set; } = metadata;

    /// <summary>Concurrency and consistency.</summary>
    public StateOptions? Options { get; set; } = options;
}

/// <summary>One key of a bulk read; the value is the stored text, empty for a missing key.</summary>
public readonly struct BulkStateItem(string key, string value, string etag) : IEquatable<BulkStateItem>
{
    /// <summary>The key.</summary>
    public string Key { get; } = key;

    /// <summary>The stored text.</summary>
    public string Value { get; } = value;

    /// <summary>The etag; empty for a missing key.</summary>
    public string ETag { get; } = etag;

    /// <inheritdoc />
    public bool Equals(BulkStateItem other) => (Key, Value, ETag) == (other.Key, other.Value, other.ETag);

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is BulkStateItem other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Key, Value, ETag);

    /// <summary>Compares by value.</summary>
    public static bool operator ==(BulkStateItem left, BulkStateItem right) => left.Equals(right);

    /// <summary>Compares by value.</summary>
    public static bool operator !=(BulkStateItem left, BulkStateItem right) => !left.Equals(right);
}
