using System.Text.Json;
using Dapr.Common;
using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using MiniGrpc;

namespace Dapr.Client;

/// <summary>Everything over gRPC but service invocation and health, which are HTTP.</summary>
internal sealed partial class DaprClientGrpc : DaprClient
{
    private const string Json = "application/json";
    private const string CloudEventsJson = "application/cloudevents+json";

    private readonly GrpcChannel channel;
    private readonly Uri httpEndpoint;
    private readonly string? apiToken;
    private readonly TimeSpan? timeout;
    private readonly HttpClient http;
    private readonly Metadata? headers;

    public DaprClientGrpc(GrpcChannel channel, Uri httpEndpoint, string? apiToken, JsonSerializerOptions json, TimeSpan? timeout)
    {
        this.channel = channel;
        this.httpEndpoint = httpEndpoint;
        this.apiToken = apiToken;
        this.timeout = timeout;
        JsonSerializerOptions = json;
        http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false, ConnectCallback = TcpConnect.OpenAsync });
        if (timeout is { } limit)
        {
            http.Timeout = limit;
        }

        if (apiToken is not null)
        {
            headers = new() { { "dapr-api-token", apiToken } };
        }
    }

    public override JsonSerializerOptions JsonSerializerOptions { get; }

    public override Task PublishEventAsync<TData>(string pubsubName, string topicName, TData data, CancellationToken cancellationToken = default) =>
        PublishAsync(pubsubName, topicName, ToJson(data), ContentType(data), null, cancellationToken);

    public override Task PublishEventAsync<TData>(
        string pubsubName, string topicName, TData data, Dictionary<string, string> metadata, CancellationToken cancellationToken = default) =>
        PublishAsync(pubsubName, topicName, ToJson(data), ContentType(data), metadata, cancellationToken);

    public override Task PublishEventAsync(string pubsubName, string topicName, CancellationToken cancellationToken = default) =>
        PublishAsync(pubsubName, topicName, ByteString.Empty, "", null, cancellationToken);

    public override Task PublishEventAsync(
        string pubsubName, string topicName, Dictionary<string, string> metadata, CancellationToken cancellationToken = default) =>
        PublishAsync(pubsubName, topicName, ByteString.Empty, "", metadata, cancellationToken);

    public override Task PublishByteEventAsync(
        string pubsubName, string topicName, ReadOnlyMemory<byte> data, string dataContentType = Json,
        Dictionary<string, string>? metadata = default, CancellationToken cancellationToken = default) =>
        PublishAsync(pubsubName, topicName, ByteString.CopyFrom(data.Span), dataContentType, metadata, cancellationToken);

    public override async Task<BulkPublishResponse<TValue>> BulkPublishEventAsync<TValue>(
        string pubsubName, string topicName, IReadOnlyList<TValue> events, Dictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(pubsubName);
        ArgumentException.ThrowIfNullOrEmpty(topicName);
        ArgumentNullException.ThrowIfNull(events);
        var request = new BulkPublishRequest { PubsubName = pubsubName, Topic = topicName };
        Copy(metadata, request.Metadata);
        for (var i = 0; i < events.Count; i++)
        {
            request.Entries.Add(new BulkPublishRequestEntry
            {
                EntryId = i.ToString(System.Globalization.CultureInfo.InvariantCulture),
                Event = ToJson(events[i]),
                ContentType = ContentType(events[i]),
            });
        }

        var response = await CallAsync(DaprMethods.BulkPublishEventAlpha1, request, "publish events", cancellationToken).ConfigureAwait(false);
        return new([.. response.FailedEntries.Select(failed =>
        {
            var value = events[int.Parse(failed.EntryId, System.Globalization.CultureInfo.InvariantCulture)];
            return new BulkPublishResponseFailedEntry<TValue>(new(failed.EntryId, value, ContentType(value)), failed.Error);
        })]);
    }

    public override Task InvokeBindingAsync<TRequest>(
        string bindingName, string operation, TRequest data, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default) =>
        BindAsync(bindingName, operation, ToJson(data), metadata, cancellationToken);

    public override async Task<TResponse> InvokeBindingAsync<TRequest, TResponse>(
        string bindingName, string operation, TRequest data, IReadOnlyDictionary<string, string>? metadata = default,
        CancellationToken cancellationToken = default)
    {
        var response = await BindAsync(bindingName, operation, ToJson(data), metadata, cancellationToken).ConfigureAwait(false);
        return FromJson<TResponse>(response.Data);
    }

    public override async Task<BindingResponse> InvokeBindingAsync(BindingRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var data = ByteString.CopyFrom(request.Data.Span);
        var response = await BindAsync(request.BindingName, request.Operation, data, request.Metadata, cancellationToken).ConfigureAwait(false);
        return new(request, response.Data.Memory, new Dictionary<string, string>(response.Metadata));
    }

    public override async Task<Dictionary<string, string>> GetSecretAsync(
        string storeName, string key, IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        ArgumentException.ThrowIfNullOrEmpty(key);
        var request = new GetSecretRequest { StoreName = storeName, Key = key };
        Copy(metadata, request.Metadata);
        return new((await CallAsync(DaprMethods.GetSecret, request, "read a secret", cancellationToken).ConfigureAwait(false)).Data);
    }

    public override async Task<Dictionary<string, Dictionary<string, string>>> GetBulkSecretAsync(
        string storeName, IReadOnlyDictionary<string, string>? metadata = default, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        var request = new GetBulkSecretRequest { StoreName = storeName };
        Copy(metadata, request.Metadata);
        var response = await CallAsync(DaprMethods.GetBulkSecret, request, "read secrets", cancellationToken).ConfigureAwait(false);
        return response.Data.ToDictionary(secret => secret.Key, secret => new Dictionary<string, string>(secret.Value.Secrets));
    }

    protected override void Dispose(bool disposing)
    {
        channel.Dispose();
        http.Dispose();
        base.Dispose(disposing);
    }

    private Task<Empty> PublishAsync(
        string pubsubName, string topicName, ByteString data, string contentType, Dictionary<string, string>? metadata,
        CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(pubsubName);
        ArgumentException.ThrowIfNullOrEmpty(topicName);
        var request = new PublishEventRequest { PubsubName = pubsubName, Topic = topicName, Data = data, DataContentType = contentType };
        Copy(metadata, request.Metadata);
        return CallAsync(DaprMethods.PublishEvent, request, "publish an event", cancellationToken);
    }

    private Task<InvokeBindingResponse> BindAsync(
        string bindingName, string operation, ByteString data, IReadOnlyDictionary<string, string>? metadata, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(bindingName);
        ArgumentException.ThrowIfNullOrEmpty(operation);
        var request = new InvokeBindingRequest { Name = bindingName, Operation = operation, Data = data };
        Copy(metadata, request.Metadata);
        return CallAsync(DaprMethods.InvokeBinding, request, "invoke a binding", cancellationToken);
    }

    private async Task<TResponse> CallAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, string intent, CancellationToken cancellationToken)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        try
        {
            var options = new CallOptions { Headers = headers, Timeout = timeout, Cancellation = cancellationToken };
            return await channel.UnaryAsync(method, request, options).ConfigureAwait(false);
        }
        catch (RpcException e)
        {
            throw new DaprException($"Failed to {intent}: the Dapr endpoint answered {e.Message}", GrpcEdge.ToCore(e));
        }
    }

    private ByteString ToJson<T>(T value) => UnsafeByteOperations.UnsafeWrap(JsonSerializer.SerializeToUtf8Bytes(value, JsonSerializerOptions));

    private T FromJson<T>(ByteString json)
    {
        try
        {
            return json.IsEmpty ? default! : JsonSerializer.Deserialize<T>(json.Span, JsonSerializerOptions)!;
        }
        catch (JsonException e)
        {
            throw new DaprException("The answer's JSON does not fit the type asked for.", e);
        }
    }

    private static string ContentType<T>(T value) => value is CloudEvent ? CloudEventsJson : Json;

    private static void Copy(IReadOnlyDictionary<string, string>? from, MapField<string, string> to)
    {
        if (from is not null)
        {
            foreach (var (name, value) in from)
            {
                to.Add(name, value);
            }
        }
    }
}
