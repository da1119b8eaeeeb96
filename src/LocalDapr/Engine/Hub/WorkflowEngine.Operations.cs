using LocalDapr.Engine.History;
using LocalDapr.Engine.Records;
using LocalDapr.Engine.Turns;

namespace LocalDapr.Engine.Hub;

/// <summary>A workflow to be started.</summary>
public sealed record StartRequest(string InstanceId, string Name)
{
    public string? Input { get; init; }

    public Moment? ScheduledStart { get; init; }

    public TraceContext? Trace { get; init; }

    /// <summary>A finished instance of this id is left as it is, and the start succeeds without effect.</summary>
    public bool UnlessExists { get; init; }

    /// <summary>A finished instance of this id is refused as an active one is.</summary>
    public bool Unique { get; init; }
}

// What clients ask for. Every one of these returns when it is durable.
public sealed partial class WorkflowEngine
{
    /// <exception cref="WorkflowException">AlreadyExists: an instance of this id is active, or a child of the finished one is.</exception>
    public ValueTask StartAsync(StartRequest request, CancellationToken cancellation) => _meter.CountsOperations
        ? _meter.OperationAsync("create_workflow", CreateAsync(request, cancellation))
        : CreateAsync(request, cancellation);

    private async ValueTask CreateAsync(StartRequest request, CancellationToken cancellation)
    {
        if (PayloadLimit.IsBeyond(request.Input, _options.MaxPayloadBytes)) throw WorkflowException.TooLarge("the input", _options.MaxPayloadBytes);
        await _committer.RoomAsync(cancellation);
        while (true)
        {
            var instance = await AcquireAsync(request.InstanceId, cancellation);
            await AcquireChildrenAsync(instance, cancellation);
            Task durable;
            lock (_gate)
            {
                if (instance.Evicted) continue;
                var unit = new CommitUnit();
                if (!(request.UnlessExists && instance.Exists))
                {
                    Refuse_NeedsLock(instance, request);
                    unit.Changes.Add(Begin_NeedsLock(instance, StartOf(request)));
                }
                else if (instance.Uncommitted == 0)
                {
                    return;
                }
                durable = unit.WhenDurable();
                _committer.Enqueue(unit);
            }
            await durable.WaitAsync(cancellation);
            return;
        }
    }

    /// <summary>Raises an event; a finished instance ignores it.</summary>
    /// <exception cref="WorkflowException">NotFound, Stalled.</exception>
    public ValueTask RaiseAsync(string instanceId, string name, string? input, CancellationToken cancellation) => _meter.CountsOperations
        ? _meter.OperationAsync("add_event", RaiseEventAsync(instanceId, name, input, cancellation))
        : RaiseEventAsync(instanceId, name, input, cancellation);

    private ValueTask RaiseEventAsync(string instanceId, string name, string? input, CancellationToken cancellation) =>
        PayloadLimit.IsBeyond(input, _options.MaxPayloadBytes)
            ? throw WorkflowException.TooLarge($"the event '{name}'", _options.MaxPayloadBytes)
            : PostAsync(instanceId, new EventRaised(name, input), cancellation);

    /// <summary>Asks the instance to end. Wait for its completion to know that it did.</summary>
    /// <exception cref="WorkflowException">NotFound, Stalled.</exception>
    public ValueTask TerminateAsync(string instanceId, string? output, bool recursive, CancellationToken cancellation) =>
        PostAsync(instanceId, new ExecutionTerminated(output, recursive), cancellation);

    /// <exception cref="WorkflowException">NotFound, Stalled.</exception>
    public ValueTask SuspendAsync(string instanceId, string? reason, CancellationToken cancellation) =>
        PostAsync(instanceId, new ExecutionSuspended(reason), cancellation);

    /// <exception cref="WorkflowException">NotFound, Stalled.</exception>
    public ValueTask ResumeAsync(string instanceId, string? reason, CancellationToken cancellation) =>
        PostAsync(instanceId, new ExecutionResumed(reason), cancellation);

    /// <summary>Removes a finished instance (with force, any), and with it its children when recursive; all of them or none.</summary>
    /// <returns>How many instances were removed.</returns>
    /// <exception cref="WorkflowException">NotFound, NotCompleted.</exception>
    public ValueTask<int> PurgeAsync(string instanceId, bool recursive, bool force, CancellationToken cancellation) => _meter.CountsOperations
        ? _meter.OperationAsync("purge_workflow", ForgetAsync(instanceId, recursive, force, cancellation))
        : ForgetAsync(instanceId, recursive, force, cancellation);

    private async ValueTask<int> ForgetAsync(string instanceId, bool recursive, bool force, CancellationToken cancellation)
    {
        while (true)
        {
            var family = new List<Instance> { await AcquireAsync(instanceId, cancellation) };
            for (var i = 0; recursive && i < family.Count; i++)
            {
                foreach (var child in await AcquireChildrenAsync(family[i], cancellation))
                {
                    if (!family.Contains(child)) family.Add(child);
                }
            }
            Task durable;
            int purged;
            lock (_gate)
            {
                if (family.Any(instance => instance.Evicted)) continue;
                if (!family[0].Exists) throw WorkflowException.Missing();
                family.RemoveAll(instance => !instance.Exists);
                if (!force && family.Any(instance => instance.IsActive)) throw WorkflowException.NotCompleted();
                var unit = new CommitUnit();
                foreach (var instance in family) unit.Changes.Add(Purge_NeedsLock(instance));
                purged = family.Count;
                durable = unit.WhenDurable();
                _committer.Enqueue(unit);
            }
            await durable.WaitAsync(cancellation);
            return purged;
        }
    }

    private async ValueTask PostAsync(string instanceId, HistoryEvent happened, CancellationToken cancellation)
    {
        await _committer.RoomAsync(cancellation);
        while (true)
        {
            var instance = await AcquireAsync(instanceId, cancellation);
            Task durable;
            lock (_gate)
            {
                if (instance.Evicted) continue;
                if (!instance.Exists) throw WorkflowException.Missing();
                if (!instance.IsActive) return;
                if (instance.State.Stalled is not null) throw WorkflowException.Stalled();
                var unit = new CommitUnit();
                unit.Changes.Add(Post_NeedsLock(instance, happened with { Timestamp = Now, Router = _here }));
                durable = unit.WhenDurable();
                _committer.Enqueue(unit);
            }
            await durable.WaitAsync(cancellation);
            return;
        }
    }

    /// <summary>The children this instance ever had in its present generation, in memory.</summary>
    private async ValueTask<IReadOnlyList<Instance>> AcquireChildrenAsync(Instance parent, CancellationToken cancellation)
    {
        string[] ids;
        lock (_gate)
        {
            if (!parent.Exists) return [];
            ids = [.. parent.State.History.OfType<ChildCreated>().Where(IsOfThisApp).Select(child => child.InstanceId)];
        }
        var children = new List<Instance>(ids.Length);
        foreach (var id in ids) children.Add(await AcquireAsync(id, cancellation));
        return children;
    }

    private bool IsOfThisApp(HistoryEvent happened) => happened.Router?.TargetApp is not { } app || app == _options.AppId;

    private void Refuse_NeedsLock(Instance instance, StartRequest request)
    {
        if (!instance.Exists) return;
        if (instance.IsActive || request.Unique) throw WorkflowException.Active(request.InstanceId);
        foreach (var child in instance.State.History.OfType<ChildCreated>().Where(IsOfThisApp))
        {
            if (!IsActive_NeedsLock(child.InstanceId)) continue;
            throw new WorkflowException(
                WorkflowErrorKind.AlreadyExists,
                $"cannot recreate workflow with ID '{request.InstanceId}': child workflow '{child.InstanceId}': orchestration has not yet completed");
        }
    }

    private ExecutionStarted StartOf(StartRequest request) => new(request.Name, request.InstanceId, Guid.NewGuid().ToString())
    {
        Timestamp = Now,
        Router = _here,
        Input = request.Input,
        ScheduledStart = request.ScheduledStart,
        Trace = request.Trace,
    };

    private Change Purge_NeedsLock(Instance instance)
    {
        CloseTurn_NeedsLock(instance);
        foreach (var task in instance.State.OpenActivities.Keys)
        {
            if (_activities.Remove((instance.Id, task), out var item)) Drop_NeedsLock(item);
        }
        _stalled.Remove(instance);
        Recall_NeedsLock(instance);
        instance.Forget();
        instance.Uncommitted++;
        return new Change(instance, instance.NextSequence(), Record: null, After: null);
    }

    /// <summary>Purges what retention no longer keeps; runs until the engine stops.</summary>
    private async Task SweepAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500), _time);
        var retention = _options.Retention;
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            await SweepAsync(RuntimeStatus.Completed, retention.Completed ?? retention.AnyTerminal, cancellation);
            await SweepAsync(RuntimeStatus.Failed, retention.Failed ?? retention.AnyTerminal, cancellation);
            await SweepAsync(RuntimeStatus.Terminated, retention.Terminated ?? retention.AnyTerminal, cancellation);
            await SweepAsync(RuntimeStatus.Canceled, retention.AnyTerminal, cancellation);
        }
    }

    private async Task SweepAsync(RuntimeStatus status, TimeSpan? keep, CancellationToken cancellation)
    {
        if (keep is not { } kept) return;
        try
        {
            IReadOnlyList<string> due;
            do
            {
                due = await _store.FinishedAsync(status, _time.GetUtcNow() - kept, 500, cancellation);
                await Task.WhenAll(due.Select(id => PurgeFinishedAsync(id, cancellation)));
            }
            while (due.Count == 500);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            _options.OnFault(fault);
        }
    }

    // Whoever purged it or started it again in the meantime was faster, and that is well.
    private async Task PurgeFinishedAsync(string id, CancellationToken cancellation)
    {
        try
        {
            await PurgeAsync(id, recursive: false, force: false, cancellation);
        }
        catch (WorkflowException)
        {
        }
    }
}
