using System.Buffers;
using System.Text.Json;
using Dapr.Actors.Wire;

namespace Dapr.Actors.Runtime;

/// <summary>
/// The cache of one actor's values. A value absent from the store is cached as removed, which makes repeated questions for it free.
/// Turns of an actor overlap within a chain of reentrant calls only: each turn of a chain has a cache of its own, so that one which fails
/// does not take the changes of the others with it. Turns outside of chains share one. So there is no lock.
/// </summary>
internal sealed class ActorStateManager(Actor actor) : IActorStateManager
{
    private readonly AsyncLocal<Cache?> ofTurn = new();
    private volatile Cache shared = new();

    private enum Change
    {
        None,
        Absent,
        Upsert,
        Delete,
    }

    private Cache Current => ofTurn.Value ?? shared;

    private JsonSerializerOptions Json => actor.Host.JsonSerializerOptions;

    private SidecarActors Sidecar => actor.Host.Sidecar
        ?? throw new InvalidOperationException("The actor state was accessed outside a running actor; give a test actor its own StateManager.");

    public Task AddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) =>
        AddAsync(stateName, value, null, cancellationToken);

    public Task AddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        AddAsync(stateName, value, ttl, cancellationToken);

    public async Task<T> GetStateAsync<T>(string stateName, CancellationToken cancellationToken = default)
    {
        var found = await TryGetStateAsync<T>(stateName, cancellationToken).ConfigureAwait(false);
        return found.HasValue ? found.Value : throw new KeyNotFoundException($"The actor has no state named '{stateName}'.");
    }

    public Task SetStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default)
    {
        Set(stateName, value, null);
        return Task.CompletedTask;
    }

    public Task SetStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default)
    {
        Set(stateName, value, ttl);
        return Task.CompletedTask;
    }

    public async Task RemoveStateAsync(string stateName, CancellationToken cancellationToken = default)
    {
        if (!await TryRemoveStateAsync(stateName, cancellationToken).ConfigureAwait(false))
            throw new KeyNotFoundException($"The actor has no state named '{stateName}'.");
    }

    public Task<bool> TryAddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) =>
        TryAddAsync(stateName, value, null, cancellationToken);

    public Task<bool> TryAddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        TryAddAsync(stateName, value, ttl, cancellationToken);

    public async Task<ConditionalValue<T>> TryGetStateAsync<T>(string stateName, CancellationToken cancellationToken = default)
    {
        var entry = await LoadAsync(stateName, cancellationToken).ConfigureAwait(false);
        return entry.Exists ? new ConditionalValue<T>(true, entry.Read<T>(Json)) : default;
    }

    public async Task<bool> TryRemoveStateAsync(string stateName, CancellationToken cancellationToken = default)
    {
        var entry = await LoadAsync(stateName, cancellationToken).ConfigureAwait(false);
        if (!entry.Exists) return false;
        entry.Become(Change.Delete);
        Current.Changes++;
        return true;
    }

    public async Task<bool> ContainsStateAsync(string stateName, CancellationToken cancellationToken = default) =>
        (await LoadAsync(stateName, cancellationToken).ConfigureAwait(false)).Exists;

    public Task<T> GetOrAddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default) =>
        GetOrAddAsync(stateName, value, null, cancellationToken);

    public Task<T> GetOrAddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        GetOrAddAsync(stateName, value, ttl, cancellationToken);

    public Task<T> AddOrUpdateStateAsync<T>(
        string stateName, T addValue, Func<string, T, T> updateValueFactory, CancellationToken cancellationToken = default) =>
        AddOrUpdateAsync(stateName, addValue, updateValueFactory, null, cancellationToken);

    public Task<T> AddOrUpdateStateAsync<T>(
        string stateName, T addValue, Func<string, T, T> updateValueFactory, TimeSpan ttl, CancellationToken cancellationToken = default) =>
        AddOrUpdateAsync(stateName, addValue, updateValueFactory, ttl, cancellationToken);

    public Task ClearCacheAsync(CancellationToken cancellationToken = default)
    {
        Current.Clear();
        return Task.CompletedTask;
    }

    /// <summary>What the calling flow does from here on is a turn within a chain of reentrant calls.</summary>
    internal void BeginTurnOfChain() => ofTurn.Value = new Cache();

    public async Task SaveStateAsync(CancellationToken cancellationToken = default)
    {
        var cache = Current;
        if (cache.Changes == 0) return;
        var body = new ArrayBufferWriter<byte>(512);
        WriteOperations(body, cache);
        await Sidecar.SaveStateAsync(actor.Host.ActorTypeInfo.ActorTypeName, actor.Id.GetId(), body.WrittenMemory, cancellationToken).ConfigureAwait(false);
        foreach (var entry in cache.Entries.Values) entry.Saved();
        cache.Changes = 0;
        // What turns outside of chains have read may be old now.
        if (cache != shared) shared = new Cache();
    }

    public Task UnloadStateAsync(string stateName, UnloadStateOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(stateName);
        var cache = Current;
        if (!cache.Entries.TryGetValue(stateName, out var entry)) return Task.CompletedTask;
        if (entry.IsChanged && options?.AllowUnloadingWhenStateModified != true)
            throw new InvalidOperationException($"The state '{stateName}' has a change that is not saved.");
        cache.Entries.Remove(stateName);
        return Task.CompletedTask;
    }

    private async Task AddAsync<T>(string name, T value, TimeSpan? ttl, CancellationToken cancellation)
    {
        if (!await TryAddAsync(name, value, ttl, cancellation).ConfigureAwait(false))
            throw new InvalidOperationException($"The actor has a state named '{name}' already.");
    }

    private async Task<bool> TryAddAsync<T>(string name, T value, TimeSpan? ttl, CancellationToken cancellation)
    {
        if ((await LoadAsync(name, cancellation).ConfigureAwait(false)).Exists) return false;
        Set(name, value, ttl);
        return true;
    }

    private async Task<T> GetOrAddAsync<T>(string name, T value, TimeSpan? ttl, CancellationToken cancellation)
    {
        var found = await TryGetStateAsync<T>(name, cancellation).ConfigureAwait(false);
        if (found.HasValue) return found.Value;
        Set(name, value, ttl);
        return value;
    }

    private async Task<T> AddOrUpdateAsync<T>(
        string name, T addValue, Func<string, T, T> update, TimeSpan? ttl, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(update);
        var found = await TryGetStateAsync<T>(name, cancellation).ConfigureAwait(false);
        var value = found.HasValue ? update(name, found.Value) : addValue;
        Set(name, value, ttl);
        return value;
    }

    private void Set<T>(string name, T value, TimeSpan? ttl)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (ttl < TimeSpan.Zero) throw new ArgumentOutOfRangeException(nameof(ttl), "A time to live must not be negative.");
        var cache = Current;
        if (!cache.Entries.TryGetValue(name, out var entry)) cache.Entries.Add(name, entry = new Entry());
        entry.Write(value, typeof(T), ttl);
        cache.Changes++;
    }

    private async ValueTask<Entry> LoadAsync(string name, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var cache = Current;
        if (cache.Entries.TryGetValue(name, out var known)) return known;
        var (bytes, expires) = await Sidecar
            .GetStateAsync(actor.Host.ActorTypeInfo.ActorTypeName, actor.Id.GetId(), name, cancellation).ConfigureAwait(false);
        return cache.Entries[name] = Entry.Stored(bytes, expires);
    }

    private void WriteOperations(ArrayBufferWriter<byte> body, Cache cache)
    {
        using var writer = new Utf8JsonWriter(body);
        writer.WriteStartArray();
        foreach (var (name, entry) in cache.Entries)
            if (entry.IsChanged) entry.WriteOperation(writer, name, Json);
        writer.WriteEndArray();
    }

    private sealed class Cache
    {
        public Dictionary<string, Entry> Entries { get; } = new(StringComparer.Ordinal);

        public int Changes { get; set; }

        public void Clear()
        {
            Entries.Clear();
            Changes = 0;
        }
    }

    private sealed class Entry
    {
        private Change change;
        private byte[]? stored;
        private object? value;
        private Type? type;
        private TimeSpan? ttl;
        private DateTimeOffset? expires;

        public bool Exists => change is Change.None or Change.Upsert && !(expires <= DateTimeOffset.UtcNow);

        public bool IsChanged => change is Change.Upsert or Change.Delete;

        public static Entry Stored(byte[]? bytes, DateTimeOffset? expires) =>
            new() { change = bytes is null ? Change.Absent : Change.None, stored = bytes, expires = expires };

        public T Read<T>(JsonSerializerOptions json)
        {
            if (stored is null) return (T)value!;
            value = JsonSerializer.Deserialize<T>(stored, json);
            type = typeof(T);
            stored = null;
            return (T)value!;
        }

        public void Write(object? newValue, Type newType, TimeSpan? newTtl)
        {
            (value, type, ttl, stored) = (newValue, newType, newTtl, null);
            expires = newTtl is null ? null : DateTimeOffset.UtcNow + newTtl;
            change = Change.Upsert;
        }

        public void Become(Change next)
        {
            change = next;
            (value, stored, expires) = (null, null, null);
        }

        public void Saved() => change = change switch
        {
            Change.Upsert => Change.None,
            Change.Delete => Change.Absent,
            var other => other,
        };

        public void WriteOperation(Utf8JsonWriter writer, string name, JsonSerializerOptions json)
        {
            writer.WriteStartObject();
            writer.WriteString("operation"u8, change == Change.Delete ? "delete"u8 : "upsert"u8);
            writer.WriteStartObject("request"u8);
            writer.WriteString("key"u8, name);
            if (change == Change.Upsert)
            {
                writer.WritePropertyName("value"u8);
                JsonSerializer.Serialize(writer, value, type!, json);
                if (ttl is { } life)
                {
                    writer.WriteStartObject("metadata"u8);
                    writer.WriteString("ttlInSeconds"u8, ((long)Math.Ceiling(life.TotalSeconds)).ToString());
                    writer.WriteEndObject();
                }
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }
    }
}
