namespace Dapr.Client;

/// <summary>What a read or write may see of other replicas.</summary>
public enum ConsistencyMode
{
    /// <summary>Any replica will do.</summary>
    Eventual,

    /// <summary>All replicas agree.</summary>
    Strong,
}

/// <summary>Who wins when two write at once.</summary>
public enum ConcurrencyMode
{
    /// <summary>The first; the etag is checked.</summary>
    FirstWrite,

    /// <summary>The last.</summary>
    LastWrite,
}

/// <summary>What an operation of a transaction does.</summary>
public enum StateOperationType
{
    /// <summary>Writes the key.</summary>
    Upsert,

    /// <summary>Deletes the key.</summary>
    Delete,
}

/// <summary>Options of a write.</summary>
public class StateOptions
{
    /// <summary>Null leaves it to the store.</summary>
    public ConsistencyMode? Consistency { get; set; }

    /// <summary>Null leaves it to the store.</summary>
    public ConcurrencyMode? Concurrency { get; set; }
}

/// <summary>One operation of a state transaction; the value is sent as it is.</summary>
public sealed class StateTransactionRequest(
    string key,
    byte[]? value,
    StateOperationType operationType,
    string? etag = default,
    IReadOnlyDictionary<string, string>? metadata = default,
    StateOptions? options = default)
{
    /// <summary>The key.</summary>
    public string Key { get; } = Checked(key);

    /// <summary>The bytes to store, usually JSON; null for a deletion.</summary>
#pragma warning disable CA1819 // the official SDK's signature
    public byte[]? Value { get; set; } = value;
#pragma warning restore CA1819

    /// <summary>What to do.</summary>
    public StateOperationType? OperationType { get; set; } = operationType;

    /// <summary>The etag that must still fit, or null.</summary>
    public string? ETag { get; set; } = etag;

    /// <summary>Metadata of this operation.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; set; } = metadata;

    /// <summary>Options of this operation.</summary>
#pragma warning disable CA1051 // a field in the official SDK
    public StateOptions? Options = options;
#pragma warning restore CA1051

    private static string Checked(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return key;
    }
}
