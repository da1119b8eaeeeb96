using LocalDapr.Engine.History;
using LocalDapr.Engine.Turns;

namespace LocalDapr.Engine.Hub;

// What clients want to know. Answers show durable states only.
public sealed partial class WorkflowEngine
{
    /// <summary>The instance as it is now; null when there is none.</summary>
    public async ValueTask<InstanceSummary?> GetAsync(string instanceId, CancellationToken cancellation)
    {
        var instance = await AcquireAsync(instanceId, cancellation);
        using (Enter()) return instance.Visible;
    }

    /// <summary>Waits until the instance, which need not exist yet, is in a state that <paramref name="reached"/> accepts.</summary>
    public async Task<InstanceSummary> WaitAsync(string instanceId, Func<InstanceSummary, bool> reached, CancellationToken cancellation)
    {
        Instance instance;
        var waiter = new Waiter(reached);
        while (true)
        {
            instance = await AcquireAsync(instanceId, cancellation);
            using (Enter())
            {
                if (instance.Evicted) continue;
                if (instance.Visible is { } summary && reached(summary)) return summary;
                if (_stopped.IsCancellationRequested) throw WorkflowException.Stopped();
                instance.AddWaiter(waiter);
                break;
            }
        }
        try
        {
            return await waiter.Answer.WaitAsync(cancellation);
        }
        finally
        {
            using (Enter()) instance.RemoveWaiter(waiter);
        }
    }

    /// <summary>Until the first turn is committed.</summary>
    public Task<InstanceSummary> WaitForStartAsync(string instanceId, CancellationToken cancellation) =>
        WaitAsync(instanceId, static summary => summary.Status != RuntimeStatus.Pending, cancellation);

    public Task<InstanceSummary> WaitForCompletionAsync(string instanceId, CancellationToken cancellation) =>
        WaitAsync(instanceId, static summary => summary.IsTerminal, cancellation);

    /// <summary>The history of the present generation; null when there is no such instance.</summary>
    public async ValueTask<IReadOnlyList<HistoryEvent>?> HistoryAsync(string instanceId, CancellationToken cancellation)
    {
        var instance = await AcquireAsync(instanceId, cancellation);
        HistoryEvent[]? history;
        Task durable;
        using (Enter())
        {
            history = instance.Exists ? [.. instance.State.History] : null;
            durable = WhenDurable_NeedsLock(instance);
        }
        await durable.WaitAsync(cancellation);
        return history;
    }

    /// <summary>Instances in memory that have not ended, and their activities and other apps' that wait for a worker or are in its hands.</summary>
    public (int Instances, int Activities) CountActive()
    {
        using (Enter()) return (_instances.Values.Count(static instance => instance.IsActive && !instance.IsLetter), _activities.Count);
    }

    /// <summary>Ids of all instances, finished ones too, in ordinal order.</summary>
    public async ValueTask<IReadOnlyList<string>> ListAsync(string? after, int limit, CancellationToken cancellation)
    {
        var ids = new List<string>();
        while (true)
        {
            var page = await _store.ListAsync(after, limit - ids.Count, cancellation);
            var isLast = page.Count < limit - ids.Count;
            ids.AddRange(page.Where(id => !Letter.IsId(id)));
            if (isLast || ids.Count == limit) return ids;
            after = page[^1];
        }
    }
}
