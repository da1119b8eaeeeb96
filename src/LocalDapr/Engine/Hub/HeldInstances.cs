namespace LocalDapr.Engine.Hub;

/// <summary>
/// Instances that an operation has in memory until it is decided. Without it a family larger than what memory keeps would be loaded and
/// leave again, in turn and without end. Used by one operation; disposing lets them go.
/// </summary>
internal sealed class HeldInstances(WorkflowEngine engine) : IDisposable
{
    private readonly HashSet<Instance> _held = [];

    /// <summary>The instance, loaded if need be; a placeholder when there is none. It stays until this is disposed.</summary>
    public async ValueTask<Instance> AddAsync(string id, CancellationToken cancellation)
    {
        while (true)
        {
            var instance = await engine.AcquireAsync(id, cancellation);
            if (_held.Contains(instance)) return instance;
            if (!engine.TryHold(instance)) continue;
            _held.Add(instance);
            return instance;
        }
    }

    public void Dispose() => engine.LetGo(_held);
}
