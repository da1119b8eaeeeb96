using LocalDapr.Engine.History;
using LocalDapr.Engine.Traces;

namespace LocalDapr.Engine.Turns;

/// <summary>Turns the actions of one turn into events and messages, in their order.</summary>
internal sealed class Outcome(
    string self, InstanceState state, ExecutionStarted started, IReadOnlyList<HistoryEvent> opened, TurnFacts facts)
{
    private readonly List<HistoryEvent> _events = [.. opened];
    private readonly List<OutgoingMessage> _messages = [];
    private readonly HashSet<string> _started = [];
    private readonly EventRouter _here = new(facts.AppId);
    private readonly TraceContext? _trace = facts.NamesSteps ? Steps.Of(started) : started.Trace;

    public TurnCommit Conclude(IReadOnlyList<WorkflowAction> actions, string? customStatus)
    {
        var completion = actions.OfType<CompleteWorkflow>().FirstOrDefault();
        Take(actions, completion);
        if (completion is not null) TerminateChildren(isOverruled: false);
        return new TurnCommit { History = _events, Messages = _messages, CustomStatus = customStatus };
    }

    /// <summary>The actions are told in the history, as in Dapr, but nothing comes of them: the workflow ends.</summary>
    public TurnCommit Overrule(IReadOnlyList<WorkflowAction> actions, CompleteWorkflow end, string? customStatus)
    {
        Take(actions, completion: null);
        _messages.Clear();
        Complete(end);
        TerminateChildren(isOverruled: true);
        return new TurnCommit { History = _events, Messages = _messages, CustomStatus = customStatus, IsOverruled = true };
    }

    private void Take(IReadOnlyList<WorkflowAction> actions, CompleteWorkflow? completion)
    {
        foreach (var action in actions)
        {
            switch (action)
            {
                case ScheduleTask task: Schedule(task); break;
                case CreateChild child: Create(child); break;
                case CreateDetached detached: Create(detached); break;
                case CreateTimer timer: Create(timer); break;
                case SendEvent send: Send(send); break;
                case TerminateOther other: Terminate(other); break;
                case CompleteWorkflow complete when ReferenceEquals(complete, completion): Complete(complete); break;
                default: break;
            }
        }
    }

    private EventRouter RouterOf(WorkflowAction action) =>
        action.TargetApp is null ? _here : new EventRouter(facts.AppId, action.TargetApp);

    private bool IsElsewhere(WorkflowAction action) => action.TargetApp is { } app && app != facts.AppId;

    /// <summary>Why a workflow cannot be started that nobody waits for; null when all can.</summary>
    public static FailureDetails? FailureOf(IReadOnlyList<WorkflowAction> actions, TurnFacts facts)
    {
        foreach (var detached in actions.OfType<CreateDetached>())
        {
            if (detached.InstanceId.Length == 0)
                return new("InvalidAction", "CreateDetachedWorkflowAction requires an instance ID") { IsNonRetriable = true };
            if (detached.TargetApp is { } app && app != facts.AppId && !facts.ReachesOtherApps) return NotRouted($"detached workflow '{detached.Name}'", app);
        }
        return null;
    }

    // Without a link, saying so is better than letting the wrong app's code of the same name run.
    private static FailureDetails NotRouted(string what, string? app) =>
        new("AppRoutingNotSupported", $"{what} is for app '{app}', and this hub has no way to have it done there") { IsNonRetriable = true };

    private void Schedule(ScheduleTask task)
    {
        _events.Add(new TaskScheduled(task.Name)
        {
            EventId = task.Id,
            Timestamp = facts.Now,
            Router = RouterOf(task),
            Version = task.Version,
            Input = task.Input,
            Trace = _trace,
            TaskExecutionId = task.TaskExecutionId,
            Scope = task.Scope,
        });
        if (!IsElsewhere(task) || facts.ReachesOtherApps) return;
        var failed = new TaskFailed(task.Id, NotRouted($"activity '{task.Name}'", task.TargetApp), task.TaskExecutionId);
        _messages.Add(new OutgoingMessage(self, failed with { Timestamp = facts.Now, Router = _here }));
    }

    private void Create(CreateTimer timer) => _events.Add(new TimerCreated(timer.FireAt)
    {
        EventId = timer.Id,
        Timestamp = facts.Now,
        Router = RouterOf(timer),
        Name = timer.Name,
        Origin = timer.Origin,
        OriginDetail = timer.OriginDetail,
    });

    private void Create(CreateChild child)
    {
        var id = child.InstanceId.Length > 0 ? child.InstanceId : ChildId.Of(self, child.Id);
        _events.Add(new ChildCreated(id, child.Name)
        {
            EventId = child.Id,
            Timestamp = facts.Now,
            Router = RouterOf(child),
            Version = child.Version,
            Input = child.Input,
            Trace = _trace,
            Scope = child.Scope,
        });
        if (IsElsewhere(child) && facts.ReachesOtherApps) return;
        if (IsElsewhere(child))
        {
            var failed = new ChildFailed(child.Id, NotRouted($"child workflow '{child.Name}'", child.TargetApp));
            _messages.Add(new OutgoingMessage(self, failed with { Timestamp = facts.Now, Router = _here }));
            return;
        }
        // One that was left behind by continue-as-new: its end is this task's end, as in daprd.
        if (facts.IsOwnChild(id, child.Id)) return;
        var isTaken = facts.IsActive(id) || !_started.Add(id);
        if (isTaken || facts.WhyNotAgain(id) is not null)
        {
            var why = isTaken ? ChildId.Taken(id) : ChildId.NotFree(facts.WhyNotAgain(id)!);
            _messages.Add(new OutgoingMessage(self, new ChildFailed(child.Id, why) { Timestamp = facts.Now }));
            return;
        }
        _messages.Add(new OutgoingMessage(id, ChildStart(id, child)));
    }

    private ExecutionStarted ChildStart(string id, CreateChild child) => new(child.Name, id, facts.NewExecutionId())
    {
        Timestamp = facts.Now,
        Router = RouterOf(child),
        Input = child.Input,
        Trace = _trace,
        Parent = new ParentInstance(child.Id, started.Name, self, started.ExecutionId) { AppId = facts.AppId },
        Propagated = child.Scope is null ? null : Propagation.For(child.Scope, facts.AppId, self, started, [.. state.History, .. _events]),
    };

    // An id that is taken is nobody's concern: who starts a workflow this way does not wait for it.
    private void Create(CreateDetached detached)
    {
        _events.Add(new DetachedCreated(detached.InstanceId) { EventId = detached.Id, Timestamp = facts.Now, Router = RouterOf(detached) });
        var isElsewhere = IsElsewhere(detached);
        if (!isElsewhere && (facts.IsActive(detached.InstanceId) || facts.WhyNotAgain(detached.InstanceId) is not null)) return;
        var executionId = detached.ExecutionId is { Length: > 0 } given ? given : facts.NewExecutionId();
        var to = isElsewhere ? Letter.NewId(facts.NewExecutionId()) : detached.InstanceId;
        _messages.Add(new OutgoingMessage(to, new ExecutionStarted(detached.Name, detached.InstanceId, executionId)
        {
            Timestamp = facts.Now,
            // As one that a client starts: nothing in it leads back here.
            Router = isElsewhere ? new EventRouter("", detached.TargetApp) : _here,
            Input = detached.Input,
            ScheduledStart = detached.ScheduledStart,
            Tags = detached.Tags,
            Trace = detached.Trace ?? _trace,
        }));
    }

    private void Send(SendEvent send)
    {
        _events.Add(new EventSent(send.InstanceId, send.Name, send.Input) { EventId = send.Id, Timestamp = facts.Now, Router = _here });
        var raised = new EventRaised(send.Name, send.Input) { Timestamp = facts.Now };
        _messages.Add(new OutgoingMessage(send.InstanceId, raised));
    }

    private void Terminate(TerminateOther other)
    {
        var terminated = new ExecutionTerminated(other.Reason, other.Recurse) { Timestamp = facts.Now, Router = _here };
        _messages.Add(new OutgoingMessage(other.InstanceId, terminated));
    }

    private void Complete(CompleteWorkflow complete)
    {
        _events.Add(new ExecutionCompleted(complete.Status, complete.Result, complete.Failure)
        {
            EventId = complete.Id,
            Timestamp = facts.Now,
            Router = _here,
        });
        if (started.Parent is not { } parent) return;
        HistoryEvent result = complete.Status == RuntimeStatus.Completed
            ? new ChildCompleted(parent.TaskId, complete.Result)
            : new ChildFailed(parent.TaskId, complete.Failure);
        result = result with { Timestamp = facts.Now, Router = new EventRouter(facts.AppId, parent.AppId) };
        // A parent in another app waits for this end by itself.
        if (parent.AppId is null || parent.AppId == facts.AppId) _messages.Add(new OutgoingMessage(parent.InstanceId, result));
    }

    /// <summary>The children of this turn, without those that were refused.</summary>
    private List<ChildCreated> Begun()
    {
        var refused = _messages.Where(message => message.InstanceId == self).Select(message => message.Event).OfType<ChildFailed>()
            .Select(failed => failed.TaskId).ToHashSet();
        return [.. _events.OfType<ChildCreated>().Where(created => !refused.Contains(created.EventId))];
    }

    // Also those of this very turn, unless it was overruled: they are begun first, as in daprd.
    private void TerminateChildren(bool isOverruled)
    {
        if (opened.OfType<ExecutionTerminated>().FirstOrDefault() is not { Recurse: true } terminated) return;
        var begun = isOverruled ? [] : Begun();
        var done = opened.Select(happened => happened switch
        {
            ChildCompleted child => child.TaskId,
            ChildFailed child => child.TaskId,
            _ => int.MinValue,
        }).ToHashSet();
        foreach (var child in state.OpenChildren.Values.Where(child => !done.Contains(child.EventId)).Concat(begun))
        {
            var app = child.Router?.TargetApp;
            _messages.Add(new OutgoingMessage(child.InstanceId, terminated with { Timestamp = facts.Now, Router = null })
            {
                TargetApp = app == facts.AppId ? null : app,
            });
        }
    }
}
