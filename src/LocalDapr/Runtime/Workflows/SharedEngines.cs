using LocalDapr.Engine.Hub;

namespace LocalDapr.Runtime.Workflows;

/// <summary>One workflow engine an app and store, whichever of the app's replicas asks: two over one store would both do the same work.</summary>
internal sealed class SharedEngines
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Shared> _open = new(StringComparer.Ordinal);

    /// <summary>
    /// The engine of the key, opened by the first that asks; what it has given must be given back by <see cref="ReleaseAsync"/>.
    /// </summary>
    public async ValueTask<WorkflowEngine> AcquireAsync(string key, Func<Task<(WorkflowEngine Engine, IReadOnlyList<IDisposable> Owned)>> open)
    {
        Shared? shared;
        lock (_gate)
        {
            if (!_open.TryGetValue(key, out shared)) _open.Add(key, shared = new Shared(open()));
            shared.Users++;
        }

        try
        {
            return (await shared.Opening).Engine;
        }
        catch
        {
            await ReleaseAsync(key);
            throw;
        }
    }

    public async ValueTask ReleaseAsync(string key)
    {
        Shared shared;
        lock (_gate)
        {
            shared = _open[key];
            if (--shared.Users > 0) return;
            _open.Remove(key);
        }

        if (!shared.Opening.IsCompletedSuccessfully) return;
        var (engine, owned) = await shared.Opening;
        await engine.DisposeAsync();
        foreach (var thing in owned) thing.Dispose();
    }

    private sealed class Shared(Task<(WorkflowEngine Engine, IReadOnlyList<IDisposable> Owned)> opening)
    {
        public Task<(WorkflowEngine Engine, IReadOnlyList<IDisposable> Owned)> Opening { get; } = opening;

        public int Users { get; set; }
    }
}
