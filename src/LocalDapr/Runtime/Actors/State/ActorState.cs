using System.Text.Json;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.State;
using LocalDapr.Runtime.Storage;
using MiniGrpc;

namespace LocalDapr.Runtime.Actors.State;

/// <summary>One operation of a transaction as it was asked for; <c>Key</c> is null when the request lacks one.</summary>
internal sealed record ActorStateOperation(string Operation, string? Key)
{
    public bool HasRequest { get; init; } = true;

    public ReadOnlyMemory<byte> Value { get; init; }

    /// <summary>JSON text, as HTTP gives it; gRPC gives bytes.</summary>
    public bool IsText { get; init; }

    public string? TtlInSeconds { get; init; }
}

/// <summary>
/// Actor state in the store marked <c>actorStateStore</c>. Reading needs no turn and no active actor; writing needs an actor that is active
/// in this sidecar. No etags: turns guard it. Thread-safe.
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
        catch (Microsoft.Data.Sqlite.SqliteException error)
        {
            throw DaprErrors.ActorStateSave(error.Message);
        }
    }

    private StateOperation ToWrite(ActorKey actor, ActorStateOperation operation)
    {
        if (operation.Operation is not ("upsert" or "delete"))
            throw DaprErrors.ActorStateSave($"operation type {operation.Operation} not supported", StatusCode.Unimplemented);
        if (!operation.HasRequest) throw DaprErrors.ActorStateSave("request data is empty");
        if (string.IsNullOrEmpty(operation.Key)) throw DaprErrors.ActorStateSave("missing key");
        var key = KeyOf(actor, operation.Key);
        if (operation.Operation == "delete") return new StateDelete(key);
        return new StateSet(key, operation.Value) { IsText = operation.IsText, TimeToLive = TimeToLive(operation.TtlInSeconds) };
    }

    private TimeSpan? TimeToLive(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        if (!sidecar.Configuration.Features.Contains(TtlFeature))
            throw DaprErrors.ActorStateSave($"ttlInSeconds is not supported without the \"{TtlFeature}\" feature enabled");
        if (!long.TryParse(text, out var seconds)) throw DaprErrors.ActorStateSave($"failed to parse ttlInSeconds: {text}");
        return seconds > 0 ? TimeSpan.FromSeconds(seconds) : null;
    }

    private string KeyOf(ActorKey actor, string key) => $"{sidecar.Options.AppId}||{actor.Type}||{actor.Id}||{key}";
}

/// <summary>The JSON array of a transaction. Names match in any case.</summary>
internal static class ActorStateBody
{
    public static List<ActorStateOperation> Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Array) throw DaprErrors.Malformed("a JSON array is expected");
            var operations = new List<ActorStateOperation>(document.RootElement.GetArrayLength());
            foreach (var item in document.RootElement.EnumerateArray()) operations.Add(Read(item));
            return operations;
        }
        catch (JsonException error)
        {
            throw DaprErrors.Malformed(error.Message);
        }
    }

    private static ActorStateOperation Read(JsonElement item)
    {
        var operation = Text(item.Member("operation")) ?? "";
        if (item.Member("request") is not { ValueKind: JsonValueKind.Object } request)
            return new ActorStateOperation(operation, null) { HasRequest = false };
        return new ActorStateOperation(operation, Text(request.Member("key")))
        {
            Value = request.Member("value") is { } value ? System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(value).ToArray() : "null"u8.ToArray(),
            IsText = true,
            TtlInSeconds = request.Member("metadata") is { } metadata ? Text(metadata.Member("ttlInSeconds")) : null,
        };
    }

    private static string? Text(JsonElement? value) => value switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => null,
    };
}
