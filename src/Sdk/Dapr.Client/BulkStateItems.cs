namespace Dapr.Client;

#pragma warning disable CA1815 // the official SDK declares no equality for these

/// <summary>One key of a bulk read, its value as text.</summary>
public readonly struct BulkStateItem(string key, string value, string etag)
{
    /// <summary>The key.</summary>
    public string Key { get; } = key;

    /// <summary>The value as it is stored, usually JSON; empty when the key does not exist.</summary>
    public string Value { get; } = value;

    /// <summary>The etag to write the key back with.</summary>
    public string ETag { get; } = etag;
}

/// <summary>One key of a bulk read.</summary>
public readonly struct BulkStateItem<TValue>(string key, TValue value, string etag)
{
    /// <summary>The key.</summary>
    public string Key { get; } = key;

    /// <summary>The value; the type's default when the key does not exist.</summary>
    public TValue Value { get; } = value;

    /// <summary>The etag to write the key back with.</summary>
    public string ETag { get; } = etag;
}

/// <summary>One key of a bulk write.</summary>
public readonly struct SaveStateItem<TValue>(
    string key, TValue value, string etag, StateOptions? stateOptions = default, IReadOnlyDictionary<string, string>? metadata = default)
{
    /// <summary>The key.</summary>
    public string Key { get; } = key;

    /// <summary>The value.</summary>
    public TValue Value { get; } = value;

    /// <summary>The etag that must still fit; null writes whatever happened to the key, though the official signature does not say so.</summary>
    public string ETag { get; } = etag;

    /// <summary>Options of this write.</summary>
    public StateOptions? StateOptions { get; } = stateOptions;

    /// <summary>Metadata of this write.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; } = metadata;
}

/// <summary>One key of a bulk deletion.</summary>
public readonly struct BulkDeleteStateItem(
    string key, string etag, StateOptions? stateOptions = default, IReadOnlyDictionary<string, string>? metadata = default)
{
    /// <summary>The key.</summary>
    public string Key { get; } = key;

    /// <summary>The etag that must still fit; null writes whatever happened to the key, though the official signature does not say so.</summary>
    public string ETag { get; } = etag;

    /// <summary>Options of this deletion.</summary>
    public StateOptions? StateOptions { get; } = stateOptions;

    /// <summary>Metadata of this deletion.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; } = metadata;
}
