using LocalDapr.Engine.Hub;

namespace LocalDapr.Runtime.Workflows;

/// <summary>The engine that a sidecar works with, for as long as its actor state store is there. Thread-safe.</summary>
internal sealed class OpenHub
{
    private readonly CancellationTokenSource _left;

    /// <param name="stopping">The sidecar stops, and leaves the engine with it.</param>
    public OpenHub(WorkflowEngine engine, string key, CancellationToken stopping)
    {
        (Engine, Key) = (engine, key);
        _left = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Left = _left.Token;
    }

    public WorkflowEngine Engine { get; }

    /// <summary>What the engine is shared by.</summary>
    public string Key { get; }

    /// <summary>Cancelled when the sidecar works with the engine no longer: what others ask through it, they are to ask again.</summary>
    public CancellationToken Left { get; }

    public async ValueTask LeaveAsync()
    {
        await _left.CancelAsync();
        _left.Dispose();
    }
}
