using System.Runtime.CompilerServices;
using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Storage;

/// <summary>Keeps instances for as long as the process lives: for tests, and for state stores that are in memory themselves.</summary>
public sealed class InMemoryWorkflowStore : IWorkflowStore
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Entry> _instances = new(StringComparer.Ordinal);

    public ValueTask AppendAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        lock (_gate)
        {
            foreach (var write in writes) Apply(write);
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<StoredRecord>?> LoadAsync(string instanceId, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return new(_instances.TryGetValue(instanceId, out var entry) ? entry.Records.ToArray() : null);
        }
    }

    public async IAsyncEnumerable<string> WakingAsync(
        DateTimeOffset from, DateTimeOffset before, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string[] ids;
        lock (_gate)
        {
            var waking = _instances.Where(pair => pair.Value.Status is null && pair.Value.WakesAt >= from && pair.Value.WakesAt < before);
            ids = [.. waking.OrderBy(pair => pair.Value.WakesAt).Select(pair => pair.Key)];
        }
        foreach (var id in ids)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return id;
        }
        await Task.CompletedTask;
    }

    public ValueTask<IReadOnlyList<string>> ListAsync(string? after, int limit, CancellationToken cancellation)
    {
        lock (_gate)
        {
            var ids = _instances.Keys.AsEnumerable();
            if (after is not null) ids = ids.SkipWhile(id => string.CompareOrdinal(id, after) <= 0);
            return new(ids.Take(limit).ToArray());
        }
    }

    public ValueTask<IReadOnlyList<string>> FinishedAsync(
        RuntimeStatus status, DateTimeOffset before, int limit, CancellationToken cancellation)
    {
        lock (_gate)
        {
            var ended = _instances.Where(pair => pair.Value.Status == status && pair.Value.FinishedAt < before);
            return new(ended.OrderBy(pair => pair.Value.FinishedAt).Take(limit).Select(pair => pair.Key).ToArray());
        }
    }

    private void Apply(StoreWrite write)
    {
        if (write.Purges)
        {
            _instances.Remove(write.InstanceId);
            return;
        }
        if (!_instances.TryGetValue(write.InstanceId, out var entry)) _instances[write.InstanceId] = entry = new Entry();
        if (write.Truncates) entry.Records.Clear();
        if (write.Begins) entry.Status = null;
        if (write.WakesAt is { } wakes) entry.WakesAt = wakes;
        entry.Records.Add(new StoredRecord(write.Sequence, write.Bytes));
        if (write.FinishedAs is not { } status) return;
        entry.Status = status;
        entry.FinishedAt = write.FinishedAt;
    }

    private sealed class Entry
    {
        public List<StoredRecord> Records { get; } = [];

        public DateTimeOffset WakesAt { get; set; } = DateTimeOffset.UnixEpoch;

        public RuntimeStatus? Status { get; set; }

        public DateTimeOffset FinishedAt { get; set; }
    }
}
