using LocalDapr.Engine.History;
using LocalDapr.Engine.Records;

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
    /// <summary>What came before the event is the new instance's history; the event itself happens again.</summary>
    /// <exception cref="WorkflowException">NotFound, Invalid, AlreadyExists.</exception>
    public async ValueTask RerunAsync(RerunRequest request, CancellationToken cancellation)
    {
        if (request.SourceId == request.NewId)
            throw new WorkflowException(WorkflowErrorKind.Invalid, "a workflow cannot be rerun under its own id");
        while (true)
        {
            var source = await AcquireAsync(request.SourceId, cancellation);
            var target = await AcquireAsync(request.NewId, cancellation);
            if (request.NewChildId is { Length: > 0 } childId) await AcquireAsync(childId, cancellation);
            Task durable;
            lock (_gate)
            {
                if (source.Evicted || target.Evicted) continue;
                var history = RerunHistory_NeedsLock(source, request);
                if (target.Exists) throw WorkflowException.Active(request.NewId);
                var unit = new CommitUnit();
                unit.Changes.Add(Append_NeedsLock(target, new InstanceRecord { At = Now, History = history }, begins: true));
                if (history[^1] is ChildCreated child && IsOfThisApp(child)) StartChildAgain_NeedsLock(target, child, unit);
                durable = unit.WhenDurable();
                _committer.Enqueue(unit);
            }
            await durable.WaitAsync(cancellation);
            return;
        }
    }

    private static List<HistoryEvent> RerunHistory_NeedsLock(Instance source, RerunRequest request)
    {
        if (!source.Exists) throw WorkflowException.Missing();
        if (source.IsActive) throw new WorkflowException(WorkflowErrorKind.Invalid, $"'{source.Id}' is not in a terminal state");
        if (source.State.Started?.Parent is not null)
            throw new WorkflowException(WorkflowErrorKind.Invalid, $"'{source.Id}' is a child workflow, which cannot be rerun");
        var history = new List<HistoryEvent>();
        foreach (var happened in source.State.History)
        {
            if (happened.EventId != request.EventId || happened is not (TaskScheduled or TimerCreated or ChildCreated))
            {
                history.Add(happened);
                continue;
            }
            history.Add(Again(happened, request));
            return history;
        }
        throw new WorkflowException(WorkflowErrorKind.NotFound, $"'{source.Id}' has no event {request.EventId} to be rerun from");
    }

    private static HistoryEvent Again(HistoryEvent happened, RerunRequest request) => happened switch
    {
        TaskScheduled task => task with
        {
            RerunOf = request.SourceId,
            Input = request.OverwritesInput ? request.Input : task.Input,
        },
        ChildCreated child => child with
        {
            RerunOf = request.SourceId,
            Input = request.OverwritesInput ? request.Input : child.Input,
            InstanceId = request.NewChildId is { Length: > 0 } id ? id : Turns.ChildId.Of(request.NewId, child.EventId),
        },
        _ when request.OverwritesInput => throw new WorkflowException(WorkflowErrorKind.Invalid, "a timer has no input to be overwritten"),
        TimerCreated timer => timer with { RerunOf = request.SourceId },
        _ => happened,
    };

    private void StartChildAgain_NeedsLock(Instance parent, ChildCreated child, CommitUnit unit)
    {
        var started = parent.State.Started!;
        var start = new ExecutionStarted(child.Name, child.InstanceId, Guid.NewGuid().ToString())
        {
            Timestamp = Now,
            Router = _here,
            Version = child.Version,
            Input = child.Input,
            Trace = child.Trace,
            Parent = new ParentInstance(child.EventId, started.Name, parent.Id, started.ExecutionId) { AppId = _options.AppId },
        };
        if (!_instances.TryGetValue(child.InstanceId, out var instance)) _instances.Add(child.InstanceId, instance = new Instance(child.InstanceId));
        if (!instance.IsActive) unit.Changes.Add(Begin_NeedsLock(instance, start));
    }
}
