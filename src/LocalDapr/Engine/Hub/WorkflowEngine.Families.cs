using System.Globalization;
using LocalDapr.Engine.History;
using LocalDapr.Engine.Turns;

namespace LocalDapr.Engine.Hub;

// An instance with its children, their children and so on, wherever they are.
public sealed partial class WorkflowEngine
{
    private const string NotCompletedBelow = "orchestration has not yet completed";

    /// <summary>Removes a finished instance (with force, any), and with it its children when recursive.</summary>
    /// <remarks>
    /// All of this app are removed in one commit, or none. Children in other apps go before: who asks again after a failure finds them gone,
    /// which is well.
    /// </remarks>
    /// <returns>How many instances were removed.</returns>
    /// <exception cref="WorkflowException">NotFound, NotCompleted, Stalled, Unreachable.</exception>
    public ValueTask<int> PurgeAsync(string instanceId, bool recursive, bool force, CancellationToken cancellation) => _meter.CountsOperations
        ? _meter.OperationAsync("purge_workflow", ForgetUnlessAwaitedAsync(instanceId, recursive, force, cancellation))
        : ForgetUnlessAwaitedAsync(instanceId, recursive, force, cancellation);

    private async ValueTask<int> ForgetUnlessAwaitedAsync(string instanceId, bool recursive, bool force, CancellationToken cancellation)
    {
        if (!force && await WhyAwaitedAsync(await AcquireAsync(instanceId, cancellation), cancellation) is not null) throw WorkflowException.NotCompleted();
        return await ForgetAsync(instanceId, recursive, force, cancellation);
    }

    private async ValueTask<int> ForgetAsync(string instanceId, bool recursive, bool force, CancellationToken cancellation)
    {
        using var held = new HeldInstances(this);
        var family = new List<Instance> { await held.AddAsync(instanceId, cancellation) };
        var elsewhere = recursive ? await GatherAsync(family, held, cancellation) : [];
        using (Enter()) RefusePurge_NeedsLock(family, recursive, force);
        var purged = 0;
        foreach (var child in elsewhere)
        {
            var question = AppQuestion.About(_options.AppId, child.InstanceId, force ? AppVerb.PurgeByForce : AppVerb.Purge);
            if (await AskOnceAsync(child, question, cancellation) is ChildCompleted { Result: { } count })
                purged += int.Parse(count, CultureInfo.InvariantCulture);
        }
        Task durable;
        using (Enter())
        {
            RefusePurge_NeedsLock(family, recursive, force);
            var unit = new CommitUnit();
            foreach (var instance in family.Where(instance => instance.Exists)) unit.Changes.Add(Purge_NeedsLock(instance));
            purged += unit.Changes.Count;
            durable = unit.WhenDurable();
            _committer.Enqueue(unit);
        }
        await durable.WaitAsync(cancellation);
        return purged;
    }

    /// <summary>Adds the descendants that are of this app to the family, and returns the children that are not.</summary>
    private async ValueTask<IReadOnlyList<ChildCreated>> GatherAsync(List<Instance> family, HeldInstances held, CancellationToken cancellation)
    {
        var known = new HashSet<Instance>(family);
        var elsewhere = new Dictionary<(string? App, string Id), ChildCreated>();
        for (var i = 0; i < family.Count; i++)
        {
            foreach (var child in ChildrenOf(family[i]))
            {
                if (!IsOfThisApp(child)) elsewhere.TryAdd((child.Router!.TargetApp, child.InstanceId), child);
                else if (await held.AddAsync(child.InstanceId, cancellation) is var instance && known.Add(instance)) family.Add(instance);
            }
        }
        return [.. elsewhere.Values];
    }

    // A family is looked for from its history on: one that has not begun has none, and as daprd says it, there is no such instance.
    private static void RefusePurge_NeedsLock(List<Instance> family, bool recursive, bool force)
    {
        if (!family[0].Exists) throw recursive ? WorkflowException.MissingFamily() : WorkflowException.Missing();
        if (force) return;
        if (recursive && family[0].State is { Started: null, Continued: null }) throw WorkflowException.Missing();
        if (!recursive && family[0] is { IsActive: true, State.Stalled: not null } stalled) throw WorkflowException.Stalled(stalled.Id);
        if (family[0].IsActive) throw WorkflowException.NotCompleted();
        if (family.Exists(instance => instance.IsActive)) throw WorkflowException.ChildNotCompleted();
    }

    /// <summary>
    /// Null when no descendant of the instance runs; else who does, as Dapr says it. An id is free only then: a descendant could send the
    /// new execution what was meant for the old one.
    /// </summary>
    private async ValueTask<string?> RunningBelowAsync(Instance instance, HeldInstances held, CancellationToken cancellation)
    {
        return await LookAsync(instance, []);

        async ValueTask<string?> LookAsync(Instance parent, HashSet<Instance> seen)
        {
            if (!seen.Add(parent)) return null;
            foreach (var child in ChildrenOf(parent))
            {
                var why = IsOfThisApp(child) ? await LookAtAsync(child, seen) : await LookElsewhereAsync(child, cancellation);
                if (why is not null) return $"child workflow '{child.InstanceId}': {why}";
            }
            return null;
        }

        async ValueTask<string?> LookAtAsync(ChildCreated created, HashSet<Instance> seen)
        {
            var child = await held.AddAsync(created.InstanceId, cancellation);
            using (Enter())
            {
                if (child.IsActive) return NotCompletedBelow;
            }
            return await LookAsync(child, seen);
        }
    }

    /// <summary>
    /// The execution whose descendants must be looked at before the id is used again; null when there is nothing to look at. It is known
    /// by its id: the instance may leave memory while they are looked at. An id that is kept for letters is never free.
    /// </summary>
    private string? Unverified_NeedsLock(Instance instance, string? verified)
    {
        if (instance.IsLetter) return instance.Id;
        if (instance is not { Exists: true, IsActive: false, State.Started.ExecutionId: var ended } || ended == verified) return null;
        return instance.State.HasHadChildren || IsOfAnother(instance) ? ended : null;
    }

    private async ValueTask<string?> WhyNotAgainAsync(string id, CancellationToken cancellation)
    {
        if (Letter.IsId(id)) return Letter.Reserved;
        using var held = new HeldInstances(this);
        var instance = await held.AddAsync(id, cancellation);
        var running = await WhyAwaitedAsync(instance, cancellation) ?? await RunningBelowAsync(instance, held, cancellation);
        return running is null ? null : $"cannot recreate workflow with ID '{id}': {running}";
    }

    private async ValueTask<string?> LookElsewhereAsync(ChildCreated child, CancellationToken cancellation)
    {
        var question = AppQuestion.About(_options.AppId, child.InstanceId, AppVerb.Verify);
        return await AskOnceAsync(child, question, cancellation) is ChildFailed { Failure: { } running } ? running.ErrorMessage : null;
    }

    /// <summary>Asks the child's app, for a caller who can hear that it is not there.</summary>
    private async ValueTask<HistoryEvent> AskOnceAsync(ChildCreated child, AppQuestion question, CancellationToken cancellation)
    {
        if (_options.Link is null) return new ChildCompleted(-1, "0");
        var answer = await AskOnceAsync(child.Router!.TargetApp!, question, $"child workflow '{child.InstanceId}'", cancellation);
        return question.Verb != AppVerb.Verify && answer is ChildFailed { Failure: { } refused }
            ? throw new WorkflowException(
                Enum.Parse<WorkflowErrorKind>(refused.ErrorType), $"failed to purge child workflow \"{child.InstanceId}\": {refused.ErrorMessage}")
            : answer;
    }

    private async ValueTask<HistoryEvent> AskOnceAsync(string app, AppQuestion question, string about, CancellationToken cancellation)
    {
        try
        {
            return await _options.Link!.AskAsync(app, question, cancellation);
        }
        catch (IOException away)
        {
            throw new WorkflowException(WorkflowErrorKind.Unreachable, $"{about} of app {app}: {away.Message}");
        }
    }

    private async Task<HistoryEvent> VerifyForAsync(AppQuestion question, CancellationToken cancellation)
    {
        using var held = new HeldInstances(this);
        var instance = await held.AddAsync(question.InstanceId, cancellation);
        string? running;
        using (Enter()) running = instance.IsActive ? NotCompletedBelow : null;
        running ??= await RunningBelowAsync(instance, held, cancellation);
        return running is null ? new ChildCompleted(-1, null) : new ChildFailed(-1, new FailureDetails(nameof(WorkflowErrorKind.NotCompleted), running));
    }

    private async Task<HistoryEvent> PurgeForAsync(AppQuestion question, CancellationToken cancellation)
    {
        try
        {
            // Who asks is above it, and has ended.
            var purged = await ForgetAsync(question.InstanceId, recursive: true, question.Verb == AppVerb.PurgeByForce, cancellation);
            return new ChildCompleted(-1, purged.ToString(CultureInfo.InvariantCulture));
        }
        catch (WorkflowException missing) when (missing.Kind == WorkflowErrorKind.NotFound)
        {
            return new ChildCompleted(-1, "0");
        }
        catch (WorkflowException refused)
        {
            return new ChildFailed(-1, new FailureDetails(refused.Kind.ToString(), refused.Message));
        }
    }

    /// <summary>The children the instance ever had in its present generation.</summary>
    private ChildCreated[] ChildrenOf(Instance parent)
    {
        using (Enter()) return parent.Exists ? [.. parent.State.History.OfType<ChildCreated>()] : [];
    }
}
