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
    private const int PurgedAtOnce = 500;

    /// <exception cref="WorkflowException">
    /// AlreadyExists: an instance of this id is active, or a child of the finished one is. Stalled: the active one is. Unreachable: the store
    /// has not been writable for a while.
    /// </exception>
    public ValueTask StartAsync(StartRequest request, CancellationToken cancellation) => _meter.CountsOperations
        ? _meter.OperationAsync("create_workflow", CreateAsync(request, cancellation))
        : CreateAsync(request, cancellation);

    private async ValueTask CreateAsync(StartRequest request, CancellationToken cancellation)
    {
        if (PayloadLimit.IsBeyond(request.Input, _options.MaxPayloadBytes)) throw WorkflowException.TooLarge("the input", _options.MaxPayloadBytes);
        await _committer.RoomAsync(cancellation);
        var wasActive = false;
        bool IsTaken(Instance instance)
        {
            wasActive = instance.IsActive;
            if (instance.State.Stalled is not null && !request.UnlessExists) throw WorkflowException.Stalled(request.InstanceId);
            return instance.Exists && (wasActive || request.Unique || request.UnlessExists);
        }

        var (isTaken, whyNot) = await BeginAsync(request.InstanceId, IsTaken, () => StartOf(request), cancellation);
        if (isTaken && !request.UnlessExists)
            throw wasActive ? WorkflowException.Active(request.InstanceId) : WorkflowException.NotUnique(request.InstanceId);
        if (whyNot is not null) throw new WorkflowException(WorkflowErrorKind.AlreadyExists, whyNot);
    }

    /// <summary>
    /// Begins an instance unless its id is taken, or may not be used again; durable when it returns, and so is what is told of an id that is
    /// taken. Both questions are put under the lock, one maybe more than once.
    /// </summary>
    private async ValueTask<(bool IsTaken, string? WhyNot)> BeginAsync(
        string id, Func<Instance, bool> isTaken, Func<ExecutionStarted> start, CancellationToken cancellation)
    {
        string? verified = null;
        while (true)
        {
            var instance = await AcquireAsync(id, cancellation);
            bool taken;
            string? unverified;
            Task durable;
            using (Enter())
            {
                if (instance.Evicted) continue;
                taken = isTaken(instance);
                unverified = taken ? null : Unverified_NeedsLock(instance, verified);
                durable = taken || unverified is not null
                    ? WhenDurable_NeedsLock(instance)
                    : CommitArrival_NeedsLock(instance, Begin_NeedsLock(instance, start()));
            }
            await durable.WaitAsync(cancellation);
            if (unverified is null) return (taken, null);
            if (await WhyNotAgainAsync(id, cancellation) is { } why) return (false, why);
            verified = unverified;
        }
    }

    /// <summary>Raises an event; a finished instance ignores it.</summary>
    /// <exception cref="WorkflowException">NotFound, Stalled, Unreachable.</exception>
    public ValueTask RaiseAsync(string instanceId, string name, string? input, CancellationToken cancellation) =>
        PayloadLimit.IsBeyond(input, _options.MaxPayloadBytes)
            ? throw WorkflowException.TooLarge($"the event '{name}'", _options.MaxPayloadBytes)
            : PostAsync(instanceId, new EventRaised(name, input), waiter: null, cancellation);

    /// <summary>Asks the instance to end.</summary>
    /// <param name="until">A state to be waited for as well, which is not missed however short it lasts.</param>
    /// <exception cref="WorkflowException">NotFound, Stalled, Unreachable.</exception>
    public ValueTask TerminateAsync(
        string instanceId, string? output, bool recursive, CancellationToken cancellation, Func<InstanceSummary, bool>? until = null) =>
        PostAsync(instanceId, new ExecutionTerminated(output, recursive), until, cancellation);

    /// <param name="until">As for <see cref="TerminateAsync"/>.</param>
    /// <exception cref="WorkflowException">NotFound, Stalled, Unreachable.</exception>
    public ValueTask SuspendAsync(
        string instanceId, string? reason, CancellationToken cancellation, Func<InstanceSummary, bool>? until = null) =>
        PostAsync(instanceId, new ExecutionSuspended(reason), until, cancellation);

    /// <param name="until">As for <see cref="TerminateAsync"/>.</param>
    /// <exception cref="WorkflowException">NotFound, Stalled, Unreachable.</exception>
    public ValueTask ResumeAsync(
        string instanceId, string? reason, CancellationToken cancellation, Func<InstanceSummary, bool>? until = null) =>
        PostAsync(instanceId, new ExecutionResumed(reason), until, cancellation);

    private ValueTask PostAsync(string instanceId, HistoryEvent happened, Func<InstanceSummary, bool>? until, CancellationToken cancellation) =>
        until is null ? PostAsync(instanceId, happened, waiter: null, cancellation) : PostAndWaitAsync(instanceId, happened, new Waiter(until), cancellation);

    private ValueTask PostAsync(string instanceId, HistoryEvent happened, Waiter? waiter, CancellationToken cancellation) => _meter.CountsOperations
        ? _meter.OperationAsync("add_event", PutAsync(instanceId, happened, waiter, cancellation))
        : PutAsync(instanceId, happened, waiter, cancellation);

    // The one who waits is there before what it waits for: an id that ends may be used again at once, and would be waited for in vain.
    private async ValueTask PostAndWaitAsync(string instanceId, HistoryEvent happened, Waiter waiter, CancellationToken cancellation)
    {
        try
        {
            await PostAsync(instanceId, happened, waiter, cancellation);
            await waiter.Answer.WaitAsync(cancellation);
        }
        finally
        {
            using (Enter()) waiter.Instance?.RemoveWaiter(waiter);
        }
    }

    private async ValueTask PutAsync(string instanceId, HistoryEvent happened, Waiter? waiter, CancellationToken cancellation)
    {
        await _committer.RoomAsync(cancellation);
        while (true)
        {
            var instance = await AcquireAsync(instanceId, cancellation);
            Task durable;
            using (Enter())
            {
                if (instance.Evicted) continue;
                if (!instance.Exists) throw WorkflowException.Missing();
                if (instance.State.Stalled is not null) throw WorkflowException.Stalled(instanceId);
                durable = instance.IsActive
                    ? CommitArrival_NeedsLock(instance, Post_NeedsLock(instance, happened with { Timestamp = Now }))
                    : WhenDurable_NeedsLock(instance);
                if (waiter is not null && !(instance.Visible is { } summary && waiter.TryAnswer(summary))) instance.AddWaiter(waiter);
            }
            await durable.WaitAsync(cancellation);
            return;
        }
    }

    private bool IsOfThisApp(HistoryEvent happened) => happened.Router?.TargetApp is not { } app || app == _options.AppId;

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
        // Those of one that has ended are done although nobody waits for them.
        foreach (var task in instance.IsActive ? instance.State.OpenActivities.Keys : [])
        {
            Withdraw_NeedsLock((instance.Id, task));
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
            int purged;
            do
            {
                // Those that must stay for a while come first every time.
                var due = await _store.FinishedAsync(status, _time.GetUtcNow() - kept, PurgedAtOnce + _awaited.Count, cancellation);
                var now = _time.GetUtcNow();
                var ripe = due.Where(id => !(_awaited.TryGetValue(id, out var askAgain) && askAgain > now)).ToArray();
                purged = (await Task.WhenAll(ripe.Select(id => PurgeFinishedAsync(id, cancellation)))).Count(static isPurged => isPurged);
            }
            while (purged >= PurgedAtOnce);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            _options.OnFault(fault);
        }
    }

    // Whoever purged it or started it again in the meantime was faster, and that is well.
    private async Task<bool> PurgeFinishedAsync(string id, CancellationToken cancellation)
    {
        try
        {
            await PurgeAsync(id, recursive: false, force: false, cancellation);
            _awaited.TryRemove(id, out _);
            return true;
        }
        catch (WorkflowException refused)
        {
            var mustStay = refused.Kind is WorkflowErrorKind.NotCompleted or WorkflowErrorKind.Unreachable;
            if (mustStay && _awaited.Count < MostAwaited) _awaited[id] = _time.GetUtcNow() + AwaitedAskAgain;
            else if (!mustStay) _awaited.TryRemove(id, out _);
            return false;
        }
    }
}
