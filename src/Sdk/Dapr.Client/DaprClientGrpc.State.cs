using System.Text;
using Dapr.Protocol;
using Dapr.Protocol.Common.V1;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using WireOptions = Dapr.Protocol.Common.V1.StateOptions;
using WireItem = Dapr.Protocol.Runtime.V1.BulkStateItem;

namespace Dapr.Client;

internal sealed partial class DaprClientGrpc
{
    public override async Task<TValue> GetStateAsync<TValue>(
        string storeName, string key, ConsistencyMode? consistencyMode = default, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default) =>
        FromJson<TValue>((await GetAsync(storeName, key, consistencyMode, metadata, cancellationToken).ConfigureAwait(false)).Data);

    public override async Task<(TValue value, string etag)> GetStateAndETagAsync<TValue>(
        string storeName, string key, ConsistencyMode? consistencyMode = default, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default)
    {
        var response = await GetAsync(storeName, key, consistencyMode, metadata, cancellationToken).ConfigureAwait(false);
        return (FromJson<TValue>(response.Data), response.Etag);
    }

    public override async Task<ReadOnlyMemory<byte>> GetByteStateAsync(
        string storeName, string key, ConsistencyMode? consistencyMode = default, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default) =>
        (await GetAsync(storeName, key, consistencyMode, metadata, cancellationToken).ConfigureAwait(false)).Data.Memory;

    public override async Task<(ReadOnlyMemory<byte>, string etag)> GetByteStateAndETagAsync(
        string storeName, string key, ConsistencyMode? consistencyMode = default, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default)
    {
        var response = await GetAsync(storeName, key, consistencyMode, metadata, cancellationToken).ConfigureAwait(false);
        return (response.Data.Memory, response.Etag);
    }

    public override async Task<IReadOnlyList<BulkStateItem>> GetBulkStateAsync(
        string storeName, IReadOnlyList<string> keys, int? parallelism, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default)
    {
        var items = await GetManyAsync(storeName, keys, parallelism, metadata, cancellationToken).ConfigureAwait(false);
        return [.. items.Select(item => new BulkStateItem(item.Key, Encoding.UTF8.GetString(item.Data.Span), item.Etag))];
    }

    public override async Task<IReadOnlyList<BulkStateItem<TValue>>> GetBulkStateAsync<TValue>(
        string storeName, IReadOnlyList<string> keys, int? parallelism, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default)
    {
        var items = await GetManyAsync(storeName, keys, parallelism, metadata, cancellationToken).ConfigureAwait(false);
        return [.. items.Select(item => new BulkStateItem<TValue>(item.Key, FromJson<TValue>(item.Data), item.Etag))];
    }

    public override Task SaveStateAsync<TValue>(
        string storeName, string key, TValue value, StateOptions? stateOptions = default, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default) =>
        SaveAsync(storeName, [Item(key, ToJson(value), null, stateOptions, metadata)], cancellationToken);

    public override Task<bool> TrySaveStateAsync<TValue>(
        string storeName, string key, TValue value, string etag, StateOptions? stateOptions = default,
        IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(etag);
        return UnlessAborted(SaveAsync(storeName, [Item(key, ToJson(value), etag, stateOptions, metadata)], cancellationToken));
    }

    public override Task SaveByteStateAsync(
        string storeName, string key, ReadOnlyMemory<byte> binaryValue, StateOptions? stateOptions = default,
        IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default) =>
        SaveAsync(storeName, [Item(key, ByteString.CopyFrom(binaryValue.Span), null, stateOptions, metadata)], cancellationToken);

    public override Task<bool> TrySaveByteStateAsync(
        string storeName, string key, ReadOnlyMemory<byte> binaryValue, string etag, StateOptions? stateOptions = default,
        IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(etag);
        var item = Item(key, ByteString.CopyFrom(binaryValue.Span), etag, stateOptions, metadata);
        return UnlessAborted(SaveAsync(storeName, [item], cancellationToken));
    }

    public override Task SaveBulkStateAsync<TValue>(
        string storeName, IReadOnlyList<SaveStateItem<TValue>> items, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        return SaveAsync(
            storeName, items.Select(item => Item(item.Key, ToJson(item.Value), item.ETag, item.StateOptions, item.Metadata)), cancellationToken);
    }

    public override Task DeleteStateAsync(
        string storeName, string key, StateOptions? stateOptions = default, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default) =>
        DeleteAsync(storeName, key, null, stateOptions, metadata, cancellationToken);

    public override Task<bool> TryDeleteStateAsync(
        string storeName, string key, string etag, StateOptions? stateOptions = default, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(etag);
        return UnlessAborted(DeleteAsync(storeName, key, etag, stateOptions, metadata, cancellationToken));
    }

    public override Task DeleteBulkStateAsync(
        string storeName, IReadOnlyList<BulkDeleteStateItem> items, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentNullException.ThrowIfNull(items);
        var request = new DeleteBulkStateRequest { StoreName = storeName };
        request.States.AddRange(items.Select(item => Item(item.Key, ByteString.Empty, item.ETag, item.StateOptions, item.Metadata)));
        return CallAsync(DaprMethods.DeleteBulkState, request, "delete states", cancellationToken);
    }

    public override Task ExecuteStateTransactionAsync(
        string storeName, IReadOnlyList<StateTransactionRequest> operations, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentNullException.ThrowIfNull(operations);
        var request = new ExecuteStateTransactionRequest { StoreName = storeName };
        Copy(metadata, request.Metadata);
        foreach (var operation in operations)
        {
            var value = operation.Value is { } bytes ? UnsafeByteOperations.UnsafeWrap(bytes) : ByteString.Empty;
            request.Operations.Add(new TransactionalStateOperation
            {
                OperationType = operation.OperationType == StateOperationType.Delete ? "delete" : "upsert",
                Request = Item(operation.Key, value, operation.ETag, operation.Options, operation.Metadata),
            });
        }

        return CallAsync(DaprMethods.ExecuteStateTransaction, request, "execute a state transaction", cancellationToken);
    }

    public override async Task<StateQueryResponse<TValue>> QueryStateAsync<TValue>(
        string storeName, string jsonQuery, IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentNullException.ThrowIfNull(jsonQuery);
        var request = new QueryStateRequest { StoreName = storeName, Query = jsonQuery };
        Copy(metadata, request.Metadata);
        var response = await CallAsync(DaprMethods.QueryStateAlpha1, request, "query states", cancellationToken).ConfigureAwait(false);
        var readable = response.Results.Where(item => item.Error.Length == 0)
            .Select(item => new StateQueryItem<TValue>(item.Key, FromJson<TValue>(item.Data), item.Etag, item.Error));
        var page = new StateQueryResponse<TValue>([.. readable], response.Token, new Dictionary<string, string>(response.Metadata));
        string[] failed = [.. response.Results.Where(item => item.Error.Length > 0).Select(item => item.Key)];
        return failed.Length == 0 ? page : throw new StateQueryException<TValue>($"The query found {failed.Length} entries that cannot be read.", page, failed);
    }

    private Task<GetStateResponse> GetAsync(
        string storeName, string key, ConsistencyMode? consistency, IReadOnlyDictionary<string, string>? metadata, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(key);
        var request = new GetStateRequest { StoreName = storeName, Key = key, Consistency = ToWire(consistency) };
        Copy(metadata, request.Metadata);
        return CallAsync(DaprMethods.GetState, request, "read a state", cancellation);
    }

    private async Task<IReadOnlyList<WireItem>> GetManyAsync(
        string storeName, IReadOnlyList<string> keys, int? parallelism, IReadOnlyDictionary<string, string>? metadata,
        CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentNullException.ThrowIfNull(keys);
        var request = new GetBulkStateRequest { StoreName = storeName, Parallelism = parallelism ?? 0 };
        request.Keys.AddRange(keys);
        Copy(metadata, request.Metadata);
        var response = await CallAsync(DaprMethods.GetBulkState, request, "read states", cancellation).ConfigureAwait(false);
        return response.Items.FirstOrDefault(item => item.Error.Length > 0) is { } failed
            ? throw new DaprException($"Failed to read the state '{failed.Key}': {failed.Error}")
            : response.Items;
    }

    private Task<Empty> SaveAsync(string storeName, IEnumerable<StateItem> items, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        var request = new SaveStateRequest { StoreName = storeName };
        request.States.AddRange(items);
        return CallAsync(DaprMethods.SaveState, request, "save states", cancellationToken);
    }

    private Task<Empty> DeleteAsync(
        string storeName, string key, string? etag, StateOptions? options, IReadOnlyDictionary<string, string>? metadata,
        CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(key);
        var request = new DeleteStateRequest { StoreName = storeName, Key = key, Options = ToWire(options) };
        request.Etag = etag is null ? null : new Etag { Value = etag };
        Copy(metadata, request.Metadata);
        return CallAsync(DaprMethods.DeleteState, request, "delete a state", cancellation);
    }

    private static async Task<bool> UnlessAborted(Task write)
    {
        try
        {
            await write.ConfigureAwait(false);
            return true;
        }
        catch (DaprException e) when (e.InnerException is Grpc.Core.RpcException { StatusCode: Grpc.Core.StatusCode.Aborted })
        {
            return false;
        }
    }

    private static StateItem Item(
        string key, ByteString value, string? etag, StateOptions? options, IReadOnlyDictionary<string, string>? metadata)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        var item = new StateItem { Key = key, Value = value, Options = ToWire(options), Etag = etag is null ? null : new Etag { Value = etag } };
        Copy(metadata, item.Metadata);
        return item;
    }

    private static WireOptions? ToWire(StateOptions? options) => options is null ? null : new WireOptions
    {
        Consistency = ToWire(options.Consistency),
        Concurrency = options.Concurrency switch
        {
            ConcurrencyMode.FirstWrite => WireOptions.Types.StateConcurrency.ConcurrencyFirstWrite,
            ConcurrencyMode.LastWrite => WireOptions.Types.StateConcurrency.ConcurrencyLastWrite,
            _ => WireOptions.Types.StateConcurrency.ConcurrencyUnspecified,
        },
    };

    private static WireOptions.Types.StateConsistency ToWire(ConsistencyMode? consistency) => consistency switch
    {
        ConsistencyMode.Eventual => WireOptions.Types.StateConsistency.ConsistencyEventual,
        ConsistencyMode.Strong => WireOptions.Types.StateConsistency.ConsistencyStrong,
        _ => WireOptions.Types.StateConsistency.ConsistencyUnspecified,
    };
}
