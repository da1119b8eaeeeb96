using LocalDapr.Engine.History;
using LocalDapr.Engine.Records;
using LocalDapr.Engine.Turns;

namespace LocalDapr.Engine.Hub;

/// <summary>A finished instance to be run again, under another id, from one of its events on.</summary>
public sealed record RerunRequest(string SourceId, int EventId, string NewId)
{
    public string? Input { get; init; }

    public bool OverwritesInput { get; init; }

    public string? NewChildId { get; init; }
}

public sealed partial class WorkflowEngine
{
    /// <summary>
    /// What came before the event is the new instance's history; the event itself happens again, and so does what was still open then:
    /// activities and timers as they were, children under ids of the new instance. As in daprd, a timer
    /// whose event had come is armed again too.
    /// </summary>
    /// <exception cref="WorkflowException">NotFound, Invalid, AlreadyExists.</exception>
    public async ValueTask RerunAsync(RerunRequest request, CancellationToken cancellation)
    {
        if (request.SourceId.Length == 0)
            throw new WorkflowException(WorkflowErrorKind.Invalid, "rerun workflow source instance ID is required");
        if (request.SourceId == request.NewId)
            throw new WorkflowException(WorkflowErrorKind.Invalid, "rerun workflow instance ID must be different from the original instance ID");
        if (Letter.IsId(request.NewId)) throw new WorkflowException(WorkflowErrorKind.Invalid, Letter.Reserved);
        using var held = new HeldInstances(this);
        var source = await held.AddAsync(request.SourceId, cancellation);
        var target = await held.AddAsync(request.NewId, cancellation);
        IReadOnlyList<HistoryEvent> history;
        using (Enter()) history = RerunHistory_NeedsLock(source, request);
        var children = OpenChildren(history).Where(IsOfThisApp).ToArray();
        var refusals = new Dictionary<string, string?>();
        foreach (var child in children)
        {
            await held.AddAsync(child.InstanceId, cancellation);
            refusals[child.InstanceId] = await WhyNotAgainAsync(child.InstanceId, cancellation);
        }
        Task durable;
        using (Enter())
        {
            if (target.Exists)
                throw new WorkflowException(WorkflowErrorKind.AlreadyExists, $"workflow '{request.NewId}' has already been created");
            var unit = new CommitUnit();
            unit.Changes.Add(Append_NeedsLock(target, new InstanceRecord { At = Now, History = history }, begins: true));
            foreach (var child in children) StartAgain_NeedsLock(target, child, refusals[child.InstanceId], unit);
            durable = unit.WhenDurable();
            _committer.Enqueue(unit);
        }
        await durable.WaitAsync(cancellation);
    }

    private List<HistoryEvent> RerunHistory_NeedsLock(Instance source, RerunRequest request)
    {
        if (!source.Exists) throw new WorkflowException(WorkflowErrorKind.NotFound, $"workflow instance does not exist with ID '{source.Id}'");
        if (source.IsActive) throw new WorkflowException(WorkflowErrorKind.Invalid, $"'{source.Id}' is not in a terminal state");
        if (source.State.Started?.Parent is not null)
            throw new WorkflowException(WorkflowErrorKind.Invalid, $"'{source.Id}': cannot rerun from child-workflows");
        var at = source.State.History.TakeWhile(happened => happened.EventId != request.EventId).Count();
        if (at == source.State.History.Count)
            throw new WorkflowException(WorkflowErrorKind.NotFound, $"does not have history event with ID '{request.EventId}'");
        var target = Again(source.State.History[at], request);
        var (history, open) = Fork(source.State.History.Take(at));
        history.AddRange(open.Select(asked => asked is ChildCreated child ? child with { InstanceId = ChildId.Of(request.NewId, child.EventId) } : asked)
            .Append(target).Select(asked => asked with { Timestamp = Now }));
        return history;
    }

    // The order is daprd's: what was asked for stands right before its result. What is open then goes behind, and so does every timer.
    private static (List<HistoryEvent> History, IEnumerable<HistoryEvent> Open) Fork(IEnumerable<HistoryEvent> before)
    {
        var history = new List<HistoryEvent>();
        var open = new OrderedDictionary<int, HistoryEvent>();
        foreach (var happened in before)
        {
            if (happened is TaskScheduled or TimerCreated or ChildCreated)
            {
                open[happened.EventId] = happened;
                continue;
            }
            int? answered = happened switch
            {
                TaskCompleted task => task.TaskId,
                TaskFailed task => task.TaskId,
                ChildCompleted child => child.TaskId,
                ChildFailed child => child.TaskId,
                _ => null,
            };
            if (answered is { } id && open.Remove(id, out var asked)) history.Add(asked);
            history.Add(happened);
        }
        return (history, open.Values.OrderBy(static asked => asked switch { TaskScheduled => 0, TimerCreated => 1, _ => 2 }));
    }

    private static IEnumerable<ChildCreated> OpenChildren(IEnumerable<HistoryEvent> history)
    {
        var state = new InstanceState();
        foreach (var happened in history) state.Apply(happened);
        return state.OpenChildren.Values;
    }

    private static HistoryEvent Again(HistoryEvent happened, RerunRequest request)
    {
        switch (happened)
        {
            case TaskScheduled or TimerCreated when request.NewChildId is not null:
                throw new WorkflowException(
                    WorkflowErrorKind.Invalid,
                    $"cannot set new child workflow instance ID on {(happened is TimerCreated ? "timer" : "activity")} event '{request.EventId}'");
            case TimerCreated when request.OverwritesInput:
                throw new WorkflowException(WorkflowErrorKind.Invalid, $"cannot write input to timer event '{request.EventId}'");
            case TaskScheduled task:
                return task with { RerunOf = request.SourceId, Input = request.OverwritesInput ? request.Input : task.Input };
            case TimerCreated timer:
                return timer with { RerunOf = request.SourceId };
            case ChildCreated child:
                return child with
                {
                    RerunOf = request.SourceId,
                    Input = request.OverwritesInput ? request.Input : child.Input,
                    InstanceId = request.NewChildId is { Length: > 0 } id ? id : ChildId.Of(request.NewId, child.EventId),
                };
            case DetachedCreated:
                throw new WorkflowException(
                    WorkflowErrorKind.Invalid,
                    $"event '{request.EventId}' is a detached workflow spawn and cannot be rerun: detached spawns are fire-and-forget and have no "
                    + "replayable continuation in the caller");
            default:
                throw new WorkflowException(
                    WorkflowErrorKind.NotFound,
                    $"target event '*protos.HistoryEvent_{happened.GetType().Name}' with ID '{request.EventId}' is not an event that can be rerun");
        }
    }

    private void StartAgain_NeedsLock(Instance parent, ChildCreated child, string? whyNot, CommitUnit unit)
    {
        var started = parent.State.Started!;
        var instance = _instances[child.InstanceId];
        if (instance.IsActive || whyNot is not null)
        {
            var failure = whyNot is null ? ChildId.Taken(child.InstanceId) : ChildId.NotFree(whyNot);
            unit.Changes.Add(Post_NeedsLock(parent, new ChildFailed(child.EventId, failure) { Timestamp = Now }));
            return;
        }
        var propagated = child.Scope is null ? null : Propagation.For(child.Scope, _options.AppId, parent.Id, started, HistoryUntil(parent, child));
        unit.Changes.Add(Begin_NeedsLock(instance, StartOf(child, parent.Id, started, propagated) with { Timestamp = Now, Router = _here }));
    }
}
