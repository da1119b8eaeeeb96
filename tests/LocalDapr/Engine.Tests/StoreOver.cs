using LocalDapr.Engine.History;
using LocalDapr.Engine.Storage;

namespace LocalDapr.Engine.Tests;

/// <summary>A store that a test stands before another, to do something of its own with what is written.</summary>
internal abstract class StoreOver(IWorkflowStore inner) : IWorkflowStore
{
    public virtual ValueTask AppendAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancellation) => inner.AppendAsync(writes, cancellation);

    public ValueTask<IReadOnlyList<StoredRecord>?> LoadAsync(string instanceId, CancellationToken cancellation) => inner.LoadAsync(instanceId, cancellation);

    public IAsyncEnumerable<string> WakingAsync(DateTimeOffset from, DateTimeOffset before, CancellationToken cancellation) =>
        inner.WakingAsync(from, before, cancellation);

    public ValueTask<IReadOnlyList<string>> ListAsync(string? after, int limit, CancellationToken cancellation) => inner.ListAsync(after, limit, cancellation);

    public ValueTask<IReadOnlyList<string>> FinishedAsync(RuntimeStatus status, DateTimeOffset before, int limit, CancellationToken cancellation) =>
        inner.FinishedAsync(status, before, limit, cancellation);
}
