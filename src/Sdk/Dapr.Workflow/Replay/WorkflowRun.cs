using System.Diagnostics;
using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Dapr.Workflow.Worker;
using Microsoft.Extensions.Logging;
using Kind = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace Dapr.Workflow.Replay;

/// <summary>What every run of an application has in common. <see cref="Create"/> gives null for a name nobody registered.</summary>
internal sealed record RunSetup(Func<string, IWorkflow?> Create, IDaprSerializer Serializer, ILoggerFactory Loggers, string? AppId = null)
{
    /// <summary>The latest version of a name that has versions; null for any other.</summary>
    public Func<string, string?> Latest { get; init; } = static _ => null;
}

// One run of one instance: (history, new events, code) -> decisions. It does no I/O and knows no clock; the code moves only while events are
// applied, on the applying thread. One turn at a time:
//   1. Past events are applied with IsReplaying set; each step the history has is matched with the one the code asked for.
//   2. New events are applied.
//   3. What the code asked for beyond the history is the answer.
// A run kept after its turn takes the next turn's new events alone. It cannot be used again after an answer that ends it.
internal sealed class WorkflowRun(string instanceId, RunSetup setup) : IAsyncDisposable
{
    private readonly List<HistoryEvent> _beforeStart = [];
    private readonly Patches _patches = new();
    private string? _version;
    private bool _versionMissing;
    private ReplayContext? _context;
    private Task<object?>? _code;
    private ScopedWorkflow? _scope;
    private Activity? _trace;
    private DateTime _now;
    private bool _replaying;
    private bool _suspended;
    private ExecutionTerminatedEvent? _terminated;

    /// <summary>What the caller propagated; part of the instance's first event.</summary>
    public PropagatedHistory? Propagated { get; init; }

    /// <summary>The execution this run belongs to; empty before its first event.</summary>
    public string ExecutionId { get; private set; } = string.Empty;

    /// <summary>How many events the committed history has once the last answer is stored.</summary>
    public int HistoryLength { get; private set; }

    /// <summary>Whether the last answer ended the run.</summary>
    public bool Ended { get; private set; }

    /// <summary>Whether the run was disposed of.</summary>
    public bool IsLeft { get; private set; }

    public WorkflowResponse Turn(IReadOnlyList<HistoryEvent> past, IReadOnlyList<HistoryEvent> news)
    {
        var response = new WorkflowResponse { InstanceId = instanceId };
        var (before, traceBefore) = (SynchronizationContext.Current, Activity.Current);

        // A synchronisation context would take the continuations elsewhere.
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            foreach (var e in past)
            {
                _patches.Recall(e.WorkflowStarted?.Version);
                _version = e.WorkflowStarted?.Version is { Name.Length: > 0 } recorded ? recorded.Name : _version;
            }

            Activity.Current = _trace;
            Apply(past, replaying: true);
            Apply(news, replaying: false);
            Answer(response);
        }
        catch (NonDeterministicWorkflowException failure)
        {
            response.Actions.Clear();
            End(response, new() { WorkflowStatus = OrchestrationStatus.Failed, FailureDetails = Failures.From(failure, final: true) });
        }
        finally
        {
            _context?.LeaveTurn();
            Activity.Current = traceBefore;
            SynchronizationContext.SetSynchronizationContext(before);
        }

        HistoryLength += past.Count + news.Count + response.Actions.Count;
        return response;
    }

    /// <summary>Ends the scope of the services that the workflow was made with, if it was. The run is not used again.</summary>
    public ValueTask DisposeAsync()
    {
        IsLeft = true;
        return Interlocked.Exchange(ref _scope, null)?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    private void Apply(IReadOnlyList<HistoryEvent> events, bool replaying)
    {
        _replaying = replaying;
        _context?.EnterTurn();
        _context?.Move(replaying);
        foreach (var e in events)
        {
            Apply(e);
        }
    }

    private void Apply(HistoryEvent e)
    {
        switch (e.EventTypeCase)
        {
            case Kind.WorkflowStarted:
                _now = e.Timestamp?.ToDateTime() ?? default;
                _context?.Move(_now);
                break;
            case Kind.ExecutionStarted:
                Start(e.ExecutionStarted, e.Router);
                break;
            case Kind.ExecutionTerminated:
                _terminated = e.ExecutionTerminated;
                break;
            case Kind.ExecutionSuspended:
                _suspended = true;
                break;
            case Kind.ExecutionResumed:
                _suspended = false;
                break;
            case Kind.EventRaised when _context is null:
                _beforeStart.Add(e);
                break;
            default:
                Advance(e);
                break;
        }
    }

    // A raised event comes before the start when it woke a scheduled instance early.
    private void Start(ExecutionStartedEvent started, TaskRouter? router)
    {
        if (_context is not null)
        {
            return;
        }

        ExecutionId = started.WorkflowInstance?.ExecutionId ?? string.Empty;
        var runId = ExecutionId.Length > 0 ? ExecutionId : instanceId;
        _trace = Activity.Current = Traces.Continue(started.ParentTraceContext);
        _context = new ReplayContext(started.Name, instanceId, runId, setup) { Patches = _patches, Propagated = Propagated, AppId = AppOf(router) ?? setup.AppId };
        _context.EnterTurn();
        _context.Move(_replaying);
        _context.Move(_now);
        foreach (var raised in _beforeStart)
        {
            _context.Events.Raise(raised);
        }

        _code = RunCode(started, _context);
    }

    // The app that an instance was sent to, or started in.
    private static string? AppOf(TaskRouter? router) =>
        !string.IsNullOrEmpty(router?.TargetAppID) ? router.TargetAppID : string.IsNullOrEmpty(router?.SourceAppID) ? null : router.SourceAppID;

    private Task<object?> RunCode(ExecutionStartedEvent started, ReplayContext context)
    {
        try
        {
            var workflow = Failures.Made($"Workflow '{started.Name}'", () => Create(started.Name)) ?? throw new WorkflowNotFound(started.Name);
            _scope = workflow as ScopedWorkflow;
            var input = setup.Serializer.Deserialize(started.Input, workflow.InputType);
            return workflow.RunAsync(context, input);
        }
        catch (Exception failure)
        {
            return Task.FromException<object?>(failure);
        }
    }

    // A run keeps the version of its first turn. One that began before its workflow had versions goes on with what has its very name.
    private IWorkflow? Create(string name)
    {
        if (_version is not null)
        {
            var recorded = setup.Create(_version);
            _versionMissing = recorded is null;
            return recorded;
        }

        if (_replaying && setup.Create(name) is { } unversioned)
        {
            return unversioned;
        }

        _version = setup.Latest(name);
        return setup.Create(_version ?? name);
    }

    private void Advance(HistoryEvent e)
    {
        var context = _context;
        if (context is null)
        {
            return;
        }

        switch (e.EventTypeCase)
        {
            case Kind.TaskScheduled or Kind.TimerCreated or Kind.ChildWorkflowInstanceCreated or Kind.EventSent:
                context.Decisions.Confirm(e);
                break;
            case Kind.TaskCompleted:
                context.Resolve(e.TaskCompleted.TaskScheduledId, e);
                break;
            case Kind.TaskFailed:
                context.Resolve(e.TaskFailed.TaskScheduledId, e);
                break;
            case Kind.ChildWorkflowInstanceCompleted:
                context.Resolve(e.ChildWorkflowInstanceCompleted.TaskScheduledId, e);
                break;
            case Kind.ChildWorkflowInstanceFailed:
                context.Resolve(e.ChildWorkflowInstanceFailed.TaskScheduledId, e);
                break;
            case Kind.TimerFired:
                context.Resolve(e.TimerFired.TimerId, e);
                break;
            case Kind.EventRaised:
                context.Events.Raise(e);
                break;
        }
    }

    private void Answer(WorkflowResponse response)
    {
        var context = _context ?? throw new NonDeterministicWorkflowException($"The history of instance '{instanceId}' has no start.");
        if (_versionMissing)
        {
            Ended = true;
            response.Actions.Add(new WorkflowAction { WorkflowVersionNotAvailable = new WorkflowVersionNotAvailableAction() });
            return;
        }

        response.CustomStatus = context.CustomStatus;
        response.Version = _patches.Version(_version);
        if (_terminated is { } terminated)
        {
            End(response, new() { WorkflowStatus = OrchestrationStatus.Terminated, Result = terminated.Input });
            return;
        }

        // A held run goes on deciding, and keeps its decisions until it is let go.
        if (_suspended)
        {
            return;
        }

        if (context.NextRun is { } next)
        {
            if (context.PreserveEvents)
            {
                next.CarryoverEvents.AddRange(context.Events.Unheard);
            }

            End(response, next);
            return;
        }

        response.Actions.AddRange(context.Decisions.Take());
        if (_code is { IsCompleted: true } finished)
        {
            End(response, OutcomeOf(finished));
        }
        else if (!context.Waits)
        {
            throw new NonDeterministicWorkflowException(
                $"Workflow '{context.Name}' ('{instanceId}') awaits something that is not a task of its context.");
        }
    }

    private CompleteWorkflowAction OutcomeOf(Task<object?> finished)
    {
        if (finished.IsCompletedSuccessfully)
        {
            return new() { WorkflowStatus = OrchestrationStatus.Completed, Result = setup.Serializer.Serialize(finished.Result) };
        }

        Exception failure = finished.Exception?.InnerException ?? new TaskCanceledException(finished);
        var details = failure is WorkflowNotFound
            ? Failures.Named("WorkflowNotFound", failure.Message, final: true)
            : Failures.From(failure, final: true);
        return new() { WorkflowStatus = OrchestrationStatus.Failed, FailureDetails = details };
    }

    private void End(WorkflowResponse response, CompleteWorkflowAction end)
    {
        Ended = true;
        var id = _context?.Decisions.NextId ?? 0;
        response.Actions.Add(new WorkflowAction { Id = id, CompleteWorkflow = end });
    }

    private sealed class WorkflowNotFound(string name) : Exception($"Workflow '{name}' is not registered in this app.");
}
