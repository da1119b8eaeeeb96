
namespace Dapr.Client;

public abstract partial class DaprClient
{
    /// <summary>Reads a key; default when it does not exist.</summary>
    public abstract Task<TValue> GetStateAsync<TValue>(
        string storeName, string key, ConsistencyMode? consistencyMode = default, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default);

    /// <summary>Reads a key and the etag to write it back with; the etag is empty when the key does not exist.</summary>
    public abstract Task<(TValue value, string etag)> GetStateAndETagAsync<TValue>(
        string storeName, string key, ConsistencyMode? consistencyMode = default, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default);

    /// <summary>Reads a key into an entry that can be written back.</summary>
    public async Task<StateEntry<TValue>> GetStateEntryAsync<TValue>(
        string storeName, string key, ConsistencyMode? consistencyMode = default, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default)
    {
        var (value, etag) = await GetStateAndETagAsync<TValue>(storeName, key, consistencyMode, metadata, cancellationToken).ConfigureAwait(false);
        return new(this, storeName, key, value, etag);
    }

    /// <summary>Reads a key's bytes; empty when it does not exist.</summary>
    public abstract Task<ReadOnlyMemory<byte>> GetByteStateAsync(
        string storeName, string key, ConsistencyMode? consistencyMode = default, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default);

    /// <summary>Reads a key's bytes and its etag.</summary>
    public abstract Task<(ReadOnlyMemory<byte>, string etag)> GetByteStateAndETagAsync(
        string storeName, string key, ConsistencyMode? consistencyMode = default, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default);

    /// <summary>Reads many keys as text. A key that cannot be read fails the call.</summary>
    public abstract Task<IReadOnlyList<BulkStateItem>> GetBulkStateAsync(
        string storeName, IReadOnlyList<string> keys, int? parallelism, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default);

    /// <summary>Reads many keys.</summary>
    public abstract Task<IReadOnlyList<BulkStateItem<TValue>>> GetBulkStateAsync<TValue>(
        string storeName, IReadOnlyList<string> keys, int? parallelism, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default);

    /// <summary>Writes a key.</summary>
    public abstract Task SaveStateAsync<TValue>(
        string storeName, string key, TValue value, StateOptions? stateOptions = default, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default);

    /// <summary>Writes a key if its etag still fits; false if not. An empty etag checks nothing.</summary>
    public abstract Task<bool> TrySaveStateAsync<TValue>(
        string storeName, string key, TValue value, string etag, StateOptions? stateOptions = default,
        IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default);

    /// <summary>Writes a key's bytes.</summary>
    public abstract Task SaveByteStateAsync(
        string storeName, string key, ReadOnlyMemory<byte> binaryValue, StateOptions? stateOptions = default,
        IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default);

    /// <summary>Writes a key's bytes if its etag still fits; false if not.</summary>
    public abstract Task<bool> TrySaveByteStateAsync(
        string storeName, string key, ReadOnlyMemory<byte> binaryValue, string etag, StateOptions? stateOptions = default,
        IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default);

    /// <summary>Writes many keys.</summary>
    public abstract Task SaveBulkStateAsync<TValue>(
        string storeName, IReadOnlyList<SaveStateItem<TValue>> items, CancellationToken cancellationToken = default);

    /// <summary>Deletes a key.</summary>
    public abstract Task DeleteStateAsync(
        string storeName, string key, StateOptions? stateOptions = default, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default);

    /// <summary>Deletes a key if its etag still fits; false if not.</summary>
    public abstract Task<bool> TryDeleteStateAsync(
        string storeName, string key, string etag, StateOptions? stateOptions = default, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default);

    /// <summary>Deletes many keys.</summary>
    public abstract Task DeleteBulkStateAsync(
        string storeName, IReadOnlyList<BulkDeleteStateItem> items, CancellationToken cancellationToken = default);

    /// <summary>The entries that a JSON query finds. Throws <see cref="StateQueryException{TValue}"/> with the rest when some cannot be read.</summary>
    public abstract Task<StateQueryResponse<TValue>> QueryStateAsync<TValue>(
        string storeName, string jsonQuery, IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default);

    /// <summary>All operations, or none.</summary>
    public abstract Task ExecuteStateTransactionAsync(
        string storeName, IReadOnlyList<StateTransactionRequest> operations, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default);
}
