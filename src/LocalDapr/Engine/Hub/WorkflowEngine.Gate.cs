namespace LocalDapr.Engine.Hub;

// The lock of the engine, and workers woken under it.
public sealed partial class WorkflowEngine
{
    private readonly Lock _gate = new();
    private readonly List<WorkerConnection> _woken = [];

    /// <summary>
    /// Takes the lock. Workers that are woken under it hear of it once it is free again: their readers would at once run into it, and wait.
    /// </summary>
    private Entered Enter()
    {
        _gate.Enter();
        return new Entered(this);
    }

    internal void Wake_NeedsLock(WorkerConnection worker) => _woken.Add(worker);

    private void Leave()
    {
        WorkerConnection[] woken = _woken.Count == 0 ? [] : [.. _woken];
        _woken.Clear();
        _gate.Exit();
        foreach (var worker in woken) worker.Signal();
    }

    private readonly ref struct Entered(WorkflowEngine engine)
    {
        public void Dispose() => engine.Leave();
    }
}
