using System.Text.Json;
using Google.Protobuf;
using MiniGrpc;
using Common = Dapr.Protocol.Common.V1;
using V1 = Dapr.Protocol.Runtime.V1;

namespace Dapr.Client;

/// <summary>Over gRPC, but invocation and health over HTTP, as the official client does.</summary>
internal sealed class DaprClientGrpc : DaprClient
{
    private readonly GrpcChannel channel;
    private readonly HttpInvocation invocation;
    private readonly Metadata? headers;

    public DaprClientGrpc(Uri grpcEndpoint, Uri httpEndpoint, string? apiToken, JsonSerializerOptions json)
    {
        channel = new GrpcChannel(grpcEndpoint, new GrpcChannelOptions { MaxReceiveMessageBytes = 64 * 1024 * 1024, MaxSendMessageBytes = 64 * 1024 * 1024 });
        invocation = new HttpInvocation(httpEndpoint, apiToken, json);
        JsonSerializerOptions = json;
        if (apiToken is not null) headers = new Metadata { { "dapr-api-token", apiToken } };
    }

    public override JsonSerializerOptions JsonSerializerOptions { get; }

    public override Task PublishEventAsync<TData>(string pubsubName, string topicName, TData data, CancellationToken cancellationToken = default) =>
        PublishEventAsync(pubsubName, topicName, data, [], cancellationToken);

    public override Task PublishEventAsync<TData>(
        string pubsubName, string topicName, TData data, Dictionary<string, string> metadata, CancellationToken cancellationToken = default)
    {
        var request = new V1.PublishEventRequest { PubsubName = pubsubName, Topic = topicName, Data = Json(data), DataContentType = ContentTypeOf(data) };
        request.Metadata.Add(metadata);
        return CallAsync(Dapr.Protocol.DaprMethods.PublishEvent, request, cancellationToken);
    }

    public override async Task<BulkPublishResponse<TValue>> BulkPublishEventAsync<TValue>(
        string pubsubName, string topicName, IReadOnlyList<TValue> events, Dictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        var entries = events.Select((data, i) => new BulkPublishEntry<TValue>($"{i}", data, ContentTypeOf(data), metadata)).ToList();
        var request = new V1.BulkPublishRequest { PubsubName = pubsubName, Topic = topicName };
        request.Entries.AddRange(entries.Select(entry => new V1.BulkPublishRequestEntry { EntryId = entry.EntryId, Event = Json(entry.EventData), ContentType = entry.ContentType }));
        if (metadata is not null) request.Metadata.Add(metadata);
        var response = await CallAsync(Dapr.Protocol.DaprMethods.BulkPublishEvent, request, cancellationToken);
        var byId = entries.ToDictionary(entry => entry.EntryId);
        return new([.. response.FailedEntries.Select(failed => new BulkPublishResponseFailedEntry<TValue>(byId[failed.EntryId], failed.Error))]);
    }

    public override Task InvokeBindingAsync<TRequest>(
        string bindingName, string operation, TRequest data, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        var request = new V1.InvokeBindingRequest { Name = bindingName, Operation = operation, Data = Json(data) };
        Add(request.Metadata, metadata);
        return CallAsync(Dapr.Protocol.DaprMethods.InvokeBinding, request, cancellationToken);
    }

    public override HttpRequestMessage CreateInvokeMethodRequest(
        HttpMethod httpMethod, string appId, string methodName, IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters) =>
        invocation.CreateRequest(httpMethod, appId, methodName, queryStringParameters);

    public override Task<HttpResponseMessage> InvokeMethodWithResponseAsync(HttpRequestMessage request, CancellationToken cancellationToken = default) =>
        invocation.SendAsync(request, cancellationToken);

    public override async Task InvokeMethodAsync(HttpRequestMessage request, CancellationToken cancellationToken = default) =>
        (await invocation.SendSuccessfullyAsync(request, cancellationToken)).Dispose();

    public override Task<TResponse> InvokeMethodAsync<TResponse>(HttpRequestMessage request, CancellationToken cancellationToken = default) =>
        invocation.ReadAsync<TResponse>(request, cancellationToken);

    public override Task<bool> CheckOutboundHealthAsync(CancellationToken cancellationToken = default) => invocation.IsHealthyAsync("v1.0/healthz/outbound", cancellationToken);

    public override Task<bool> CheckHealthAsync(CancellationToken cancellationToken = default) => invocation.IsHealthyAsync("v1.0/healthz", cancellationToken);

    public override async Task WaitForSidecarAsync(CancellationToken cancellationToken = default)
    {
        while (!await CheckOutboundHealthAsync(cancellationToken)) await Task.Delay(500, cancellationToken);
    }

    public override async Task<TValue> GetStateAsync<TValue>(
        string storeName, string key, ConsistencyMode? consistencyMode = default, IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default) =>
        (await GetStateAndETagAsync<TValue>(storeName, key, consistencyMode, metadata, cancellationToken)).value;

    public override async Task<(TValue value, string etag)> GetStateAndETagAsync<TValue>(
        string storeName, string key, ConsistencyMode? consistencyMode = default, IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default)
    {
        var request = new V1.GetStateRequest { StoreName = storeName, Key = key, Consistency = Wire(consistencyMode) };
        Add(request.Metadata, metadata);
        var response = await CallAsync(Dapr.Protocol.DaprMethods.GetState, request, cancellationToken);
        return (response.Data.IsEmpty ? default! : JsonSerializer.Deserialize<TValue>(response.Data.Span, JsonSerializerOptions)!, response.Etag);
    }

    public override async Task<IReadOnlyList<BulkStateItem>> GetBulkStateAsync(
        string storeName, IReadOnlyList<string> keys, int? parallelism, IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default)
    {
        var request = new V1.GetBulkStateRequest { StoreName = storeName, Parallelism = parallelism ?? 0 };
        request.Keys.AddRange(keys);
        Add(request.Metadata, metadata);
        var response = await CallAsync(Dapr.Protocol.DaprMethods.GetBulkState, request, cancellationToken);
        return [.. response.Items.Select(item => item.Error.Length == 0
            ? new BulkStateItem(item.Key, item.Data.ToStringUtf8(), item.Etag)
            : throw new DaprException($"State operation failed: {item.Key}: {item.Error}"))];
    }

    public override Task SaveStateAsync<TValue>(
        string storeName, string key, TValue value, StateOptions? stateOptions = default, IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default) =>
        CallAsync(Dapr.Protocol.DaprMethods.SaveState, SaveRequest(storeName, key, value, null, stateOptions, metadata), cancellationToken);

    public override async Task<bool> TrySaveStateAsync<TValue>(
        string storeName, string key, TValue value, string etag, StateOptions? stateOptions = default, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(etag);
        try
        {
            await CallAsync(Dapr.Protocol.DaprMethods.SaveState, SaveRequest(storeName, key, value, etag, stateOptions, metadata), cancellationToken);
            return true;
        }
        catch (DaprException e) when (e.InnerException is RpcException { StatusCode: StatusCode.Aborted })
        {
            return false;
        }
    }

    public override Task ExecuteStateTransactionAsync(
        string storeName, IReadOnlyList<StateTransactionRequest> operations, IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default)
    {
        var request = new V1.ExecuteStateTransactionRequest { StoreName = storeName };
        foreach (var operation in operations)
        {
            var item = Item(operation.Key, operation.Value is null ? ByteString.Empty : UnsafeByteOperations.UnsafeWrap(operation.Value), operation.ETag, operation.Options, operation.Metadata);
            request.Operations.Add(new V1.TransactionalStateOperation { OperationType = operation.OperationType == StateOperationType.Upsert ? "upsert" : "delete", Request = item });
        }

        Add(request.Metadata, metadata);
        return CallAsync(Dapr.Protocol.DaprMethods.ExecuteStateTransaction, request, cancellationToken);
    }

    public override Task DeleteStateAsync(
        string storeName, string key, StateOptions? stateOptions = default, IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default)
    {
        var request = new V1.DeleteStateRequest { StoreName = storeName, Key = key, Options = Wire(stateOptions) };
        Add(request.Metadata, metadata);
        return CallAsync(Dapr.Protocol.DaprMethods.DeleteState, request, cancellationToken);
    }

    public override async Task<Dictionary<string, string>> GetSecretAsync(
        string storeName, string key, IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default)
    {
        var request = new V1.GetSecretRequest { StoreName = storeName, Key = key };
        Add(request.Metadata, metadata);
        return new((await CallAsync(Dapr.Protocol.DaprMethods.GetSecret, request, cancellationToken)).Data);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            channel.Dispose();
            invocation.Dispose();
        }

        base.Dispose(disposing);
    }

    private V1.SaveStateRequest SaveRequest<TValue>(string store, string key, TValue value, string? etag, StateOptions? options, IReadOnlyDictionary<string, string>? metadata) =>
        new() { StoreName = store, States = { Item(key, Json(value), etag, options, metadata) } };

    private static Common.StateItem Item(string key, ByteString value, string? etag, StateOptions? options, IReadOnlyDictionary<string, string>? metadata)
    {
        var item = new Common.StateItem { Key = key, Value = value, Options = Wire(options) };
        if (etag is not null) item.Etag = new Common.Etag { Value = etag };
        Add(item.Metadata, metadata);
        return item;
    }

    private async Task<TResponse> CallAsync<TRequest, TResponse>(GrpcMethod<TRequest, TResponse> method, TRequest request, CancellationToken cancellation)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        try
        {
            return await channel.UnaryAsync(method, request, new CallOptions { Headers = headers, Cancellation = cancellation });
        }
        catch (RpcException e)
        {
            throw new DaprException($"{method.Path} failed: {e.Message}", e);
        }
    }

    private ByteString Json<T>(T value) => UnsafeByteOperations.UnsafeWrap(JsonSerializer.SerializeToUtf8Bytes(value, JsonSerializerOptions));

    private static string ContentTypeOf<T>(T value) => value is CloudEvent ? "application/cloudevents+json" : "application/json";

    private static Common.StateOptions Wire(StateOptions? options) => new()
    {
        Concurrency = options?.Concurrency switch
        {
            ConcurrencyMode.FirstWrite => Common.StateOptions.Types.StateConcurrency.ConcurrencyFirstWrite,
            ConcurrencyMode.LastWrite => Common.StateOptions.Types.StateConcurrency.ConcurrencyLastWrite,
            _ => Common.StateOptions.Types.StateConcurrency.ConcurrencyUnspecified,
        },
        Consistency = Wire(options?.Consistency),
    };

    private static Common.StateOptions.Types.StateConsistency Wire(ConsistencyMode? consistency) => consistency switch
    {
        ConsistencyMode.Eventual => Common.StateOptions.Types.StateConsistency.ConsistencyEventual,
        ConsistencyMode.Strong => Common.StateOptions.Types.StateConsistency.ConsistencyStrong,
        _ => Common.StateOptions.Types.StateConsistency.ConsistencyUnspecified,
    };

    private static void Add(Google.Protobuf.Collections.MapField<string, string> target, IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is null) return;
        foreach (var (name, value) in metadata) target[name] = value;
    }
}
