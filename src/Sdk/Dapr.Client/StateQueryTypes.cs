namespace Dapr.Client;

/// <summary>One entry that a query found.</summary>
public class StateQueryItem<TValue>(string key, TValue? data, string etag, string error)
{
    /// <summary>The key.</summary>
    public string Key { get; } = key;

    /// <summary>The value.</summary>
    public TValue? Data { get; } = data;

    /// <summary>The etag to write the key back with.</summary>
    public string ETag { get; } = etag;

    /// <summary>Why the entry could not be read; empty when it could.</summary>
    public string Error { get; } = error;
}

/// <summary>A page of what a query found.</summary>
public class StateQueryResponse<TValue>(IReadOnlyList<StateQueryItem<TValue>> results, string token, IReadOnlyDictionary<string, string> metadata)
{
    /// <summary>The entries, in the order of the query.</summary>
    public IReadOnlyList<StateQueryItem<TValue>> Results { get; } = results;

    /// <summary>For the query of the next page; empty after the last.</summary>
    public string Token { get; } = token;

    /// <summary>The store's metadata of the query.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; } = metadata;
}

/// <summary>Some entries that a query found could not be read.</summary>
public class StateQueryException<TValue>(string message, StateQueryResponse<TValue> response, IReadOnlyList<string> failedKeys) : DaprApiException(message)
{
    /// <summary>The entries that could.</summary>
    public StateQueryResponse<TValue> Response { get; } = response;

    /// <summary>The keys of the others.</summary>
    public IReadOnlyList<string> FailedKeys { get; } = failedKeys;
}
