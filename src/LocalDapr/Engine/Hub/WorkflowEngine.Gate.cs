namespace LocalDapr.Engine.Hub;

// The lock of the engine, and workers woken under it.
public sealed partial class WorkflowEngine
{
    private readonly Lock _gate = new();
    private readonly List<WorkerConnection> _woken = [];
    private bool _wakesLater;

    /// <summary>
    /// Takes the lock where work becomes ready for workers. They are woken once it is free again: a reader woken under it would at once
    /// run into it, and wait.
    /// </summary>
    private Entered Enter()
    {
        _gate.Enter();
        _wakesLater = true;
        return new Entered(this);
    }

    internal bool WakesLater_NeedsLock(WorkerConnection worker)
    {
        if (_wakesLater) _woken.Add(worker);
        return _wakesLater;
    }

    private void Leave()
    {
        WorkerConnection[] woken = _woken.Count == 0 ? [] : [.. _woken];
        _woken.Clear();
        _wakesLater = false;
        _gate.Exit();
        foreach (var worker in woken) worker.Signal();
    }

    private readonly ref struct Entered(WorkflowEngine engine)
    {
        public void Dispose() => engine.Leave();
    }
}
