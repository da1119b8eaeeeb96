using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using WireScope = Dapr.DurableTask.Protobuf.HistoryPropagationScope;

namespace Dapr.Workflow.Replay;

// The context of one run. Whoever applies the history moves it (the internal members); the workflow's code uses the rest.
internal sealed class ReplayContext : WorkflowContext
{
    // The wire's way to say "for ever". Later than DateTime.MaxValue by some nanoseconds, so it is never computed with.
    private static readonly Timestamp Never = new() { Seconds = 253402300799, Nanos = 999999999 };

    private readonly RunSetup _setup;
    private readonly string _runId;
    private readonly IDaprSerializer _serializer;
    private readonly Dictionary<int, OpenTask> _open = [];
    private DateTime _now;
    private bool _replaying;
    private int _thread;
    private int _guids;

    public ReplayContext(string name, string instanceId, string runId, RunSetup setup)
    {
        (Name, InstanceId, _runId, _setup, _serializer) = (name, instanceId, runId, setup, setup.Serializer);
        Decisions = new(name);
        Events = new(_serializer);
    }

    public override string Name { get; }

    public override string InstanceId { get; }

    public override DateTime CurrentUtcDateTime => _now;

    public override bool IsReplaying => _replaying;

    internal Decisions Decisions { get; }

    internal ExternalEvents Events { get; }

    internal Patches Patches { get; init; } = new();

    internal PropagatedHistory? Propagated { get; init; }

    internal string? AppId { get; init; }

    internal string? CustomStatus { get; private set; }

    internal CompleteWorkflowAction? NextRun { get; private set; }

    internal bool PreserveEvents { get; private set; }

    internal bool Waits => _open.Count > 0 || Events.AnyoneWaits;

    public override bool IsPatched(string patchName)
    {
        RequireTurn();
        return Patches.Ask(patchName, _replaying);
    }

    public override Task<T> CallActivityAsync<T>(string name, object? input = null, WorkflowTaskOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        RequireTurn();
        if (options?.RetryPolicy is not { } policy)
        {
            return Schedule<T>(name, input, options);
        }

        var chain = ExecutionId(Decisions.NextId, name);
        return WithRetriesAsync(
            policy,
            () => Schedule<T>(name, input, options),
            delay => OpenTimer(After(delay), new CreateTimerAction { ActivityRetry = new() { TaskExecutionId = chain } }, default));
    }

    public override Task<TResult> CallChildWorkflowAsync<TResult>(
        string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(workflowName);
        RequireTurn();
        if (options?.RetryPolicy is not { } policy)
        {
            return StartChild<TResult>(workflowName, input, options);
        }

        var first = options.InstanceId ?? NewGuid().ToString();
        return WithRetriesAsync(
            policy,
            () => StartChild<TResult>(workflowName, input, options),
            delay => OpenTimer(After(delay), new CreateTimerAction { ChildWorkflowRetry = new() { InstanceId = first } }, default));
    }

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        RequireTurn();
        var utc = fireAt.Kind == DateTimeKind.Local ? fireAt.ToUniversalTime() : DateTime.SpecifyKind(fireAt, DateTimeKind.Utc);
        return OpenTimer(Timestamp.FromDateTime(utc), new CreateTimerAction { CreateTimer = new() }, cancellationToken);
    }

    public override Task<T> WaitForExternalEventAsync<T>(string eventName, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(eventName);
        RequireTurn();
        return Events.WaitAsync<T>(eventName, cancellationToken);
    }

    // The timer says which event it guards, so that the sidecar drops it when the event comes.
    public override async Task<T> WaitForExternalEventAsync<T>(string eventName, TimeSpan timeout)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(eventName);
        RequireTurn();
        if (timeout == TimeSpan.Zero)
        {
            throw new TaskCanceledException($"No event '{eventName}' within no time.");
        }

        using var timerEnd = new CancellationTokenSource();
        using var waitEnd = new CancellationTokenSource();
        var guard = new CreateTimerAction { ExternalEvent = new() { Name = eventName } };
        var timer = OpenTimer(timeout < TimeSpan.Zero ? Never : After(timeout), guard, timerEnd.Token);
        var wait = Events.WaitAsync<T>(eventName, waitEnd.Token);
        var first = await Task.WhenAny(timer, wait);

        // CancelAsync would continue on another thread, which no workflow may.
#pragma warning disable CA1849
        (first == wait ? timerEnd : waitEnd).Cancel();
#pragma warning restore CA1849
        return await wait;
    }

    public override void SendEvent(string instanceId, string eventName, object payload)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(instanceId);
        ArgumentException.ThrowIfNullOrWhiteSpace(eventName);
        RequireTurn();
        var send = new SendEventAction { Instance = new() { InstanceId = instanceId }, Name = eventName, Data = _serializer.Serialize(payload) };
        Decisions.Add(new WorkflowAction { SendEvent = send });
    }

    public override void SetCustomStatus(object? customStatus)
    {
        RequireTurn();
        CustomStatus = customStatus is null ? null : _serializer.Serialize(customStatus);
    }

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true)
    {
        RequireTurn();
        NextRun = new CompleteWorkflowAction { WorkflowStatus = OrchestrationStatus.ContinuedAsNew, Result = _serializer.Serialize(newInput) };
        PreserveEvents = preserveUnprocessedEvents;
    }

    public override Guid NewGuid() => StableGuid.From($"{_runId}|guid|{_guids++}");

    public override PropagatedHistory? GetPropagatedHistory() => Propagated;

    public override ILogger CreateReplaySafeLogger(string categoryName) =>
        new ReplaySafeLogger(_setup.Loggers.CreateLogger(categoryName), this);

    public override ILogger CreateReplaySafeLogger(System.Type type) => new ReplaySafeLogger(_setup.Loggers.CreateLogger(type), this);

    public override ILogger CreateReplaySafeLogger<T>() => new ReplaySafeLogger(_setup.Loggers.CreateLogger<T>(), this);

    internal void EnterTurn() => _thread = Environment.CurrentManagedThreadId;

    internal void LeaveTurn() => _thread = 0;

    internal void Move(bool replaying) => _replaying = replaying;

    internal void Move(DateTime now) => _now = now;

    // An outcome nobody waits for is a second one, or that of a cancelled timer.
    internal void Resolve(int id, HistoryEvent outcome)
    {
        if (_open.Remove(id, out var task))
        {
            task.Resolve(outcome);
        }
    }

    private Task<T> Schedule<T>(string name, object? input, WorkflowTaskOptions? options)
    {
        var schedule = new ScheduleTaskAction
        {
            Name = name,
            Input = _serializer.Serialize(input),
            TaskExecutionId = ExecutionId(Decisions.NextId, name),
        };
        if (options is { PropagationScope: not HistoryPropagationScope.None })
        {
            schedule.HistoryPropagationScope = (WireScope)options.PropagationScope;
        }

        var router = RouterTo(options);
        return Open<T>(name, Decisions.Add(new WorkflowAction { ScheduleTask = schedule, Router = router }));
    }

    private Task<T> StartChild<T>(string name, object? input, ChildWorkflowTaskOptions? options)
    {
        var child = new CreateChildWorkflowAction
        {
            InstanceId = options?.InstanceId ?? NewGuid().ToString(),
            Name = name,
            Input = _serializer.Serialize(input),
        };
        if (options is { PropagationScope: not HistoryPropagationScope.None })
        {
            child.HistoryPropagationScope = (WireScope)options.PropagationScope;
        }

        var router = RouterTo(options);
        return Open<T>(name, Decisions.Add(new WorkflowAction { CreateChildWorkflow = child, Router = router }));
    }

    private Task<T> Open<T>(string name, WorkflowAction action)
    {
        var call = new OpenCall<T>(name, action.Id, _serializer);
        _open.Add(action.Id, call);
        return call.Task;
    }

    private Task OpenTimer(Timestamp fireAt, CreateTimerAction timer, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellation);
        }

        timer.FireAt = fireAt;
        var id = Decisions.Add(new WorkflowAction { CreateTimer = timer }).Id;
        var open = new OpenTimer();
        _open.Add(id, open);
        if (cancellation.CanBeCanceled)
        {
            cancellation.Register(() =>
            {
                _open.Remove(id);
                open.Cancel(cancellation);
            });
        }

        return open.Task;
    }

    // Only failures of the task itself are tried again; what else goes wrong here would go wrong each time.
    private async Task<T> WithRetriesAsync<T>(WorkflowRetryPolicy policy, Func<Task<T>> attempt, Func<TimeSpan, Task> pause)
    {
        var start = _now;
        for (var attempts = 1; ; attempts++)
        {
            try
            {
                return await attempt();
            }
            catch (WorkflowTaskFailedException) when (attempts < policy.MaxNumberOfAttempts)
            {
                if (policy.DelayAfter(attempts, start, _now) is not { } delay)
                {
                    throw;
                }

                await pause(delay);
            }
        }
    }

    private TaskRouter? RouterTo(WorkflowTaskOptions? options) => string.IsNullOrEmpty(options?.TargetAppId)
        ? null
        : new TaskRouter { SourceAppID = AppId ?? string.Empty, TargetAppID = options.TargetAppId };

    private Timestamp After(TimeSpan delay) => Timestamp.FromDateTime(_now.Add(delay));

    private string ExecutionId(int id, string name) => StableGuid.From($"{_runId}|activity|{id}|{name}").ToString("N");

    private void RequireTurn()
    {
        if (_thread != Environment.CurrentManagedThreadId)
        {
            throw new NonDeterministicWorkflowException(
                $"Workflow '{Name}' ('{InstanceId}') used its context outside a turn: it awaited something that is not a task of its context.");
        }
    }
}
