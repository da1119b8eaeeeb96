using System.Text.Json;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.State;
using LocalDapr.Runtime.Storage;

namespace LocalDapr.Runtime.Actors.State;

/// <summary>One operation of a transaction as it was asked for; <c>Key</c> is null when the request lacks one.</summary>
internal sealed record ActorStateOperation(string Operation, string? Key)
{
    /// <summary>Whether it is one of those that there are.</summary>
    public bool IsKnown => Operation is "upsert" or "delete";

    /// <summary>Why the request of the operation cannot be read; it counts only once the actor is known to be active.</summary>
    public string? Wrong { get; init; }

    public string? ETag { get; init; }

    public ReadOnlyMemory<byte> Value { get; init; }

    /// <summary>JSON text, as HTTP gives it; gRPC gives bytes.</summary>
    public bool IsText { get; init; }

    public string? TtlInSeconds { get; init; }
}

/// <summary>
/// Actor state in the store marked <c>actorStateStore</c>. Reading needs no turn and no active actor; writing needs an actor that is active
/// in this sidecar. Reading tells no etag, since turns guard the state; one that a write names all the same must hold. Thread-safe.
/// </summary>
internal sealed class ActorState(Sidecar sidecar, Func<ActorKey, bool> isActive)
{
    private const string TtlFeature = "ActorStateTTL";

    public bool Exists => sidecar.State.ActorStore is not null;

    /// <summary>The database of the store, which keeps the reminders too.</summary>
    public SqliteDatabase Database => Store.Database;

    private OpenStore Store => sidecar.State.ActorStore ?? throw DaprErrors.ActorRuntimeNotFound();

    /// <summary>The value's bytes, or null when there is none.</summary>
    public async ValueTask<(ReadOnlyMemory<byte>? Value, DateTimeOffset? Expires)> GetAsync(
        ActorKey actor, string key, CancellationToken cancellation)
    {
        var store = Store;
        try
        {
            var item = await store.Store.GetAsync(KeyOf(actor, key), cancellation);
            return (item?.Value, item?.ExpiresAt);
        }
        catch (Microsoft.Data.Sqlite.SqliteException error)
        {
            throw DaprErrors.ActorStateGet(error.Message);
        }
    }

    /// <summary>All operations, in their order, or none.</summary>
    public async ValueTask SaveAsync(ActorKey actor, IReadOnlyList<ActorStateOperation> operations, CancellationToken cancellation)
    {
        var store = Store;
        if (!isActive(actor)) throw DaprErrors.ActorInstanceMissing();
        var writes = new StateOperation[operations.Count];
        for (var i = 0; i < writes.Length; i++) writes[i] = ToWrite(actor, operations[i]);
        if (writes.Length == 0) return;
        try
        {
            await store.Store.TransactAsync(writes, cancellation);
        }
        catch (Exception error) when (error is Microsoft.Data.Sqlite.SqliteException or ETagMismatchException)
        {
            throw DaprErrors.ActorStateSave(error.Message);
        }
    }

    private StateOperation ToWrite(ActorKey actor, ActorStateOperation operation)
    {
        if (operation.Wrong is { } why) throw DaprErrors.ActorStateSave(why);
        if (!operation.IsKnown) throw DaprErrors.ActorStateSave($"operation type {operation.Operation} not supported");
        if (string.IsNullOrEmpty(operation.Key)) throw DaprErrors.ActorStateSave("missing key");
        var key = KeyOf(actor, operation.Key);
        if (operation.Operation == "delete") return new StateDelete(key) { ETag = operation.ETag };
        return new StateSet(key, operation.Value)
        {
            ETag = operation.ETag, IsText = operation.IsText, TimeToLive = TimeToLive(operation.TtlInSeconds),
        };
    }

    private TimeSpan? TimeToLive(string? text)
    {
        if (text is null) return null;
        if (!sidecar.Configuration.Features.Contains(TtlFeature))
            throw DaprErrors.ActorStateSave($"ttlInSeconds is not supported without the \"{TtlFeature}\" feature enabled");
        if (text.Length == 0) return null;
        return TtlInSeconds.TryParse(text, out var ttl) ? ttl : throw DaprErrors.ActorStateSave($"failed to parse ttlInSeconds: {text}");
    }

    private string KeyOf(ActorKey actor, string key) => $"{sidecar.Options.AppId}||{actor.Type}||{actor.Id}||{key}";
}
