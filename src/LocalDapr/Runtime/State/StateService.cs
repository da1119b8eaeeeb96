using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Outbox;
using LocalDapr.Runtime.PubSub;
using LocalDapr.Runtime.PubSub.CloudEvents;
using LocalDapr.Runtime.Resiliency;

namespace LocalDapr.Runtime.State;

/// <summary>One write as a caller asked for it, before keys and options are checked.</summary>
internal sealed record StateRequest(string Key)
{
    public ReadOnlyMemory<byte> Value { get; init; }

    public bool IsText { get; init; }

    public string? ETag { get; init; }

    /// <summary>Empty, first-write or last-write; anything else fails the save.</summary>
    public string Concurrency { get; init; } = "";

    /// <summary>Empty, eventual or strong: one machine is always strong.</summary>
    public string Consistency { get; init; } = "";

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}

/// <summary>The rules of the state API, for HTTP and gRPC alike.</summary>
internal sealed class StateService(Sidecar sidecar)
{
    public async ValueTask<StateItem?> GetAsync(string storeName, string key, CancellationToken cancellation)
    {
        var store = sidecar.State.Get(storeName);
        var full = store.Prefix.Of(key);
        try
        {
            return await Outbound(store).ExecuteAsync(token => store.Store.GetAsync(full, token), cancellation);
        }
        catch (Exception error) when (IsStoreFailure(error))
        {
            throw DaprErrors.StateGet(key, storeName, error.Message);
        }
    }

    public async ValueTask<IReadOnlyList<StateItem?>> GetManyAsync(string storeName, IReadOnlyList<string> keys, CancellationToken cancellation)
    {
        var store = sidecar.State.Get(storeName);
        var full = keys.Select(store.Prefix.Of).ToList();
        return await Outbound(store).ExecuteAsync(token => store.Store.GetManyAsync(full, token), cancellation);
    }

    /// <summary>Several items are no transaction: those whose condition holds are saved, whatever becomes of the others.</summary>
    public async ValueTask SaveAsync(string storeName, IReadOnlyList<StateRequest> items, CancellationToken cancellation)
    {
        var store = sidecar.State.Get(storeName);
        var writes = items.Select(item => (StateOperation)ToSet(store, item, why => DaprErrors.StateSave(storeName, why, etagMismatch: false))).ToList();
        try
        {
            await WriteEachAsync(store, writes, cancellation);
        }
        catch (Exception error) when (IsStoreFailure(error))
        {
            throw DaprErrors.StateSave(storeName, error.Message, error is ETagMismatchException);
        }
    }

    public async ValueTask DeleteAsync(string storeName, IReadOnlyList<StateRequest> items, CancellationToken cancellation)
    {
        var store = sidecar.State.Get(storeName);
        var writes = items.Select(item => (StateOperation)ToDelete(store, item)).ToList();
        try
        {
            await WriteEachAsync(store, writes, cancellation);
        }
        catch (Exception error) when (IsStoreFailure(error))
        {
            throw DaprErrors.StateDelete(items.Count == 1 ? items[0].Key : "", error.Message, error is ETagMismatchException);
        }
    }

    /// <summary>
    /// Operations are pairs of upsert or delete and its request. With an outbox every upsert leaves an event, in the same commit.
    /// </summary>
    public async ValueTask TransactAsync(
        string storeName, IReadOnlyList<(string Operation, StateRequest Request)> operations, Trace trace, CancellationToken cancellation)
    {
        var store = sidecar.State.Get(storeName);
        IReadOnlyList<byte[]> events = [];
        if (store.Outbox is { } outbox) (operations, events) = Split(outbox, operations, trace);
        var writes = new List<StateOperation>(operations.Count);
        foreach (var (operation, request) in operations)
            writes.Add(operation switch
            {
                "upsert" => ToSet(store, request, DaprErrors.StateTransaction),
                "delete" => ToDelete(store, request),
                _ => throw DaprErrors.StateOperation(operation),
            });
        if (writes.Count == 0) return;
        try
        {
            await Outbound(store).ExecuteAsync(token => Unit(TransactAsync(store, writes, events, token)), cancellation);
        }
        catch (Exception error) when (IsStoreFailure(error))
        {
            throw DaprErrors.StateTransaction(error.Message);
        }
    }

    /// <summary>Throws Dapr's error when there is no such store.</summary>
    public void Require(string storeName) => sidecar.State.Get(storeName);

    /// <summary>Neither of LocalDapr's stores takes query documents.</summary>
    public void RefuseQuery(string storeName)
    {
        Require(storeName);
        throw DaprErrors.StateQueryUnsupported(storeName);
    }

    private static async ValueTask TransactAsync(
        OpenStore store, List<StateOperation> writes, IReadOnlyList<byte[]> events, CancellationToken cancellation)
    {
        if (store.Outbox is not { } outbox)
        {
            await store.Store.TransactAsync(writes, cancellation);
            return;
        }
        await store.Database.WriteAsync(
            connection =>
            {
                foreach (var write in writes) store.Store.Apply(connection, write);
                outbox.Add(connection, events);
            },
            cancellation);
        outbox.Stored.Raise();
    }

    // Who may not publish must hear of it now: later there is nobody to tell.
    private (IReadOnlyList<(string Operation, StateRequest Request)> Stored, IReadOnlyList<byte[]> Events) Split(
        StoreOutbox outbox, IReadOnlyList<(string Operation, StateRequest Request)> operations, Trace trace)
    {
        try
        {
            sidecar.Block<PubSubBlock>().Components.Target(outbox.Target.PubSub, outbox.Target.Topic);
        }
        catch (DaprError error)
        {
            throw DaprErrors.PublishOutbox(error.Message);
        }
        return outbox.Split(operations, trace, sidecar.Host.Time.GetUtcNow());
    }

    private static async ValueTask<bool> Unit(ValueTask task)
    {
        await task;
        return true;
    }

    private static bool IsStoreFailure(Exception error) => error is not (DaprError or OperationCanceledException);

    private static StateDelete ToDelete(OpenStore store, StateRequest request) =>
        new(store.Prefix.Of(request.Key)) { ETag = NullIfEmpty(request.ETag) };

    private static StateSet ToSet(OpenStore store, StateRequest request, Func<string, DaprError> invalid)
    {
        if (request.Key.Length == 0) throw DaprErrors.BadRequest("failed deserializing HTTP body: key is empty");
        var key = store.Prefix.Of(request.Key);
        if (request.Concurrency is not ("" or "first-write" or "last-write")) throw invalid($"unrecognized concurrency option {request.Concurrency}");
        if (request.Consistency is not ("" or "eventual" or "strong")) throw invalid($"unrecognized consistency option {request.Consistency}");
        return new StateSet(key, request.Value)
        {
            IsText = request.IsText,
            ETag = NullIfEmpty(request.ETag),
            FirstWrite = request.Concurrency == "first-write",
            TimeToLive = TimeToLive(request.Metadata, invalid),
        };
    }

    private static TimeSpan? TimeToLive(IReadOnlyDictionary<string, string> metadata, Func<string, DaprError> invalid)
    {
        if (!metadata.TryGetValue("ttlInSeconds", out var text) || text.Length == 0) return null;
        return TtlInSeconds.TryParse(text, out var ttl) ? ttl : throw invalid($"error parsing ttlInSeconds: '{text}' is no number of seconds");
    }

    private static string? NullIfEmpty(string? text) => text is { Length: > 0 } ? text : null;

    private async ValueTask WriteEachAsync(OpenStore store, List<StateOperation> writes, CancellationToken cancellation)
    {
        // All are queued before the first is awaited, so that they share a commit.
        var pending = writes.Select(write => Outbound(store).ExecuteAsync(
            token => Unit(write is StateSet set ? store.Store.SetAsync(set, token) : store.Store.DeleteAsync((StateDelete)write, token)),
            cancellation).AsTask()).ToList();
        await Task.WhenAll(pending);
    }

    private ResiliencyPolicy Outbound(OpenStore store) => sidecar.Resiliency.ComponentOutbound(store.Component);
}
