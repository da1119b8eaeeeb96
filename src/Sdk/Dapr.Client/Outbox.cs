namespace Dapr.Client;

/// <summary>Metadata of transaction operations that the sidecar's outbox understands.</summary>
public static class DaprOutboxMetadata
{
    /// <summary>Marks an operation whose value is published in the place of the stored one, and is not stored itself.</summary>
    public const string Projection = "outbox.projection";

    /// <summary>The value of the mark.</summary>
    public const string ProjectionEnabled = "true";

    /// <summary>The published event's id.</summary>
    public const string CloudEventId = "cloudevent.id";

    /// <summary>The published event's source.</summary>
    public const string CloudEventSource = "cloudevent.source";

    /// <summary>The published event's type.</summary>
    public const string CloudEventType = "cloudevent.type";

    /// <summary>The published event's subject.</summary>
    public const string CloudEventSubject = "cloudevent.subject";

    /// <summary>The content type of the published event's data.</summary>
    public const string CloudEventDataContentType = "cloudevent.datacontenttype";

    /// <summary>The published event's trace.</summary>
    public const string CloudEventTraceId = "cloudevent.traceid";

    /// <summary>The published event's W3C trace parent.</summary>
    public const string CloudEventTraceParent = "cloudevent.traceparent";

    /// <summary>The published event's W3C trace state.</summary>
    public const string CloudEventTraceState = "cloudevent.tracestate";
}

/// <summary>Says what the outbox makes of an operation. The operation itself stays as it is.</summary>
public static class StateTransactionRequestExtensions
{
    /// <summary>The same operation, its value published in the place of the one stored under the same key.</summary>
    public static StateTransactionRequest WithOutboxProjection(this StateTransactionRequest request) =>
        With(request, [(DaprOutboxMetadata.Projection, DaprOutboxMetadata.ProjectionEnabled)]);

    /// <summary>The same operation, published as an event with these attributes; null leaves one to the sidecar.</summary>
    public static StateTransactionRequest WithCloudEventOverrides(
        this StateTransactionRequest request, string? id = null, string? source = null, string? type = null, string? subject = null,
        string? dataContentType = null, string? traceId = null, string? traceParent = null, string? traceState = null) => With(request,
    [
        (DaprOutboxMetadata.CloudEventId, id), (DaprOutboxMetadata.CloudEventSource, source), (DaprOutboxMetadata.CloudEventType, type),
        (DaprOutboxMetadata.CloudEventSubject, subject), (DaprOutboxMetadata.CloudEventDataContentType, dataContentType),
        (DaprOutboxMetadata.CloudEventTraceId, traceId), (DaprOutboxMetadata.CloudEventTraceParent, traceParent),
        (DaprOutboxMetadata.CloudEventTraceState, traceState),
    ]);

    private static StateTransactionRequest With(StateTransactionRequest request, IEnumerable<(string Name, string? Value)> items)
    {
        ArgumentNullException.ThrowIfNull(request);
        var metadata = request.Metadata is null ? [] : new Dictionary<string, string>(request.Metadata);
        foreach (var (name, value) in items)
            if (value is not null) metadata[name] = value;
        return new(request.Key, request.Value, request.OperationType ?? default, request.ETag, metadata, request.Options);
    }
}

/// <summary>Collects the operations of a transaction that the sidecar's outbox publishes. Not thread-safe.</summary>
public sealed class OutboxTransactionBuilder
{
    private readonly List<StateTransactionRequest> operations = [];

    /// <summary>Stores a value and publishes it.</summary>
    public OutboxTransactionBuilder Upsert(
        string key, byte[] value, string? etag = null, IReadOnlyDictionary<string, string>? metadata = null, StateOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(value);
        operations.Add(new(key, value, StateOperationType.Upsert, etag, metadata, options));
        return this;
    }

    /// <summary>Stores one value and publishes another.</summary>
    public OutboxTransactionBuilder UpsertWithProjection(
        string key, byte[] stateValue, byte[] projectionValue, string? etag = null, IReadOnlyDictionary<string, string>? stateMetadata = null,
        IReadOnlyDictionary<string, string>? projectionMetadata = null, StateOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stateValue);
        ArgumentNullException.ThrowIfNull(projectionValue);
        Upsert(key, stateValue, etag, stateMetadata, options);
        operations.Add(new StateTransactionRequest(key, projectionValue, StateOperationType.Upsert, metadata: projectionMetadata).WithOutboxProjection());
        return this;
    }

    /// <summary>Deletes a key.</summary>
    public OutboxTransactionBuilder Delete(
        string key, string? etag = null, IReadOnlyDictionary<string, string>? metadata = null, StateOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        operations.Add(new(key, null, StateOperationType.Delete, etag, metadata, options));
        return this;
    }

    /// <summary>The operations so far, for <see cref="DaprClient.ExecuteStateTransactionAsync"/>.</summary>
    public IReadOnlyList<StateTransactionRequest> Build() => [.. operations];
}
