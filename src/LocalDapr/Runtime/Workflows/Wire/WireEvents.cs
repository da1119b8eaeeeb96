using Dapr.DurableTask.Protobuf;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using LocalDapr.Engine.History;

namespace LocalDapr.Runtime.Workflows.Wire;

/// <summary>History events as the task hub protocol has them.</summary>
internal static class WireEvents
{
    public static Dapr.DurableTask.Protobuf.HistoryEvent ToWire(this Engine.History.HistoryEvent happened)
    {
        var wire = new Dapr.DurableTask.Protobuf.HistoryEvent { EventId = happened.EventId, Timestamp = happened.Timestamp.ToWire() };
        if (happened.Router is { } router) wire.Router = router.ToWire();
        switch (happened)
        {
            case ExecutionStarted e: wire.ExecutionStarted = Started(e); break;
            case ExecutionCompleted e: wire.ExecutionCompleted = Completed(e); break;
            case ExecutionTerminated e: wire.ExecutionTerminated = new ExecutionTerminatedEvent { Input = e.Output, Recurse = e.Recurse }; break;
            case TaskScheduled e: wire.TaskScheduled = Scheduled(e); break;
            case TaskCompleted e:
                wire.TaskCompleted = new TaskCompletedEvent { TaskScheduledId = e.TaskId, Result = e.Result, TaskExecutionId = e.TaskExecutionId };
                break;
            case TaskFailed e:
                wire.TaskFailed = new TaskFailedEvent
                {
                    TaskScheduledId = e.TaskId, FailureDetails = e.Failure.ToWire(), TaskExecutionId = e.TaskExecutionId,
                };
                break;
            case ChildCreated e: wire.ChildWorkflowInstanceCreated = Created(e); break;
            case ChildCompleted e:
                wire.ChildWorkflowInstanceCompleted = new ChildWorkflowInstanceCompletedEvent { TaskScheduledId = e.TaskId, Result = e.Result };
                break;
            case ChildFailed e:
                wire.ChildWorkflowInstanceFailed = new ChildWorkflowInstanceFailedEvent
                {
                    TaskScheduledId = e.TaskId, FailureDetails = e.Failure.ToWire(),
                };
                break;
            case TimerCreated e: wire.TimerCreated = Created(e); break;
            case TimerFired e: wire.TimerFired = new TimerFiredEvent { TimerId = e.TimerId, FireAt = e.FireAt.ToWire() }; break;
            case WorkflowStarted e: wire.WorkflowStarted = new WorkflowStartedEvent { Version = e.Version.ToWire() }; break;
            case EventSent e: wire.EventSent = new EventSentEvent { InstanceId = e.InstanceId, Name = e.Name, Input = e.Input }; break;
            case EventRaised e: wire.EventRaised = new EventRaisedEvent { Name = e.Name, Input = e.Input }; break;
            case ExecutionSuspended e: wire.ExecutionSuspended = new ExecutionSuspendedEvent { Input = e.Reason }; break;
            case ExecutionResumed e: wire.ExecutionResumed = new ExecutionResumedEvent { Input = e.Reason }; break;
            case DetachedCreated e:
                wire.DetachedWorkflowInstanceCreated = new DetachedWorkflowInstanceCreatedEvent { InstanceId = e.InstanceId };
                break;
            case ExecutionStalled e: wire.ExecutionStalled = Stalled(e); break;
            default: throw new NotSupportedException($"{happened.GetType().Name} has no form on the wire.");
        }
        return wire;
    }

    public static Timestamp ToWire(this Moment moment) => new() { Seconds = moment.Seconds, Nanos = moment.Nanos };

    public static Moment ToMoment(this Timestamp timestamp) => new(timestamp.Seconds, timestamp.Nanos);

    public static TaskFailureDetails? ToWire(this FailureDetails? failure) => failure is null ? null : new TaskFailureDetails
    {
        ErrorType = failure.ErrorType,
        ErrorMessage = failure.ErrorMessage,
        StackTrace = failure.StackTrace,
        IsNonRetriable = failure.IsNonRetriable,
        InnerFailure = failure.Inner.ToWire(),
    };

    public static FailureDetails? FromWire(this TaskFailureDetails? failure) => failure is null ? null
        : new FailureDetails(failure.ErrorType, failure.ErrorMessage)
        {
            StackTrace = failure.StackTrace,
            IsNonRetriable = failure.IsNonRetriable,
            Inner = failure.InnerFailure.FromWire(),
        };

    public static Dapr.DurableTask.Protobuf.TraceContext? ToWire(this Engine.History.TraceContext? trace) => trace is null ? null
        : new Dapr.DurableTask.Protobuf.TraceContext { TraceParent = trace.TraceParent, SpanID = trace.SpanId, TraceState = trace.TraceState };

    public static Engine.History.TraceContext? FromWire(this Dapr.DurableTask.Protobuf.TraceContext? trace) => trace is null or { TraceParent: "" }
        ? null
        : new Engine.History.TraceContext(trace.TraceParent, trace.SpanID, trace.TraceState);

    public static Dapr.DurableTask.Protobuf.PropagatedHistory? ToWire(this Engine.History.PropagatedHistory? propagated)
    {
        if (propagated is null) return null;
        var wire = new Dapr.DurableTask.Protobuf.PropagatedHistory { Scope = (HistoryPropagationScope)propagated.Scope };
        foreach (var chunk in propagated.Chunks)
        {
            var part = new PropagatedHistoryChunk { AppId = chunk.AppId, InstanceId = chunk.InstanceId, WorkflowName = chunk.WorkflowName };
            part.RawEvents.AddRange(chunk.Events.Select(happened => happened.ToWire().ToByteString()));
            wire.Chunks.Add(part);
        }
        return wire;
    }

    private static TaskRouter ToWire(this EventRouter router)
    {
        var wire = new TaskRouter { SourceAppID = router.SourceApp };
        if (router.TargetApp is { } target) wire.TargetAppID = target;
        return wire;
    }

    private static Dapr.DurableTask.Protobuf.WorkflowVersion? ToWire(this Engine.History.WorkflowVersion? version)
    {
        if (version is null) return null;
        var wire = new Dapr.DurableTask.Protobuf.WorkflowVersion();
        wire.Patches.AddRange(version.Patches);
        if (version.Name is { } name) wire.Name = name;
        return wire;
    }

    private static ExecutionStartedEvent Started(ExecutionStarted e)
    {
        var wire = new ExecutionStartedEvent
        {
            Name = e.Name,
            Version = e.Version,
            Input = e.Input,
            WorkflowInstance = new WorkflowInstance { InstanceId = e.InstanceId, ExecutionId = e.ExecutionId },
            ScheduledStartTimestamp = e.ScheduledStart?.ToWire(),
            ParentTraceContext = e.Trace.ToWire(),
        };
        foreach (var (key, value) in e.Tags ?? new Dictionary<string, string>()) wire.Tags[key] = value;
        if (e.Parent is not { } parent) return wire;
        wire.ParentInstance = new ParentInstanceInfo
        {
            TaskScheduledId = parent.TaskId,
            Name = parent.Name,
            Version = parent.Version,
            WorkflowInstance = new WorkflowInstance { InstanceId = parent.InstanceId, ExecutionId = parent.ExecutionId },
        };
        if (parent.AppId is { } app) wire.ParentInstance.AppID = app;
        return wire;
    }

    private static ExecutionCompletedEvent Completed(ExecutionCompleted e) => new()
    {
        WorkflowStatus = (OrchestrationStatus)e.Status,
        Result = e.Result,
        FailureDetails = e.Failure.ToWire(),
    };

    private static TaskScheduledEvent Scheduled(TaskScheduled e)
    {
        var wire = new TaskScheduledEvent
        {
            Name = e.Name,
            Version = e.Version,
            Input = e.Input,
            ParentTraceContext = e.Trace.ToWire(),
            TaskExecutionId = e.TaskExecutionId,
            RerunParentInstanceInfo = Rerun(e.RerunOf),
        };
        if (e.Scope is { } scope) wire.HistoryPropagationScope = (HistoryPropagationScope)scope;
        return wire;
    }

    private static ChildWorkflowInstanceCreatedEvent Created(ChildCreated e)
    {
        var wire = new ChildWorkflowInstanceCreatedEvent
        {
            InstanceId = e.InstanceId,
            Name = e.Name,
            Version = e.Version,
            Input = e.Input,
            ParentTraceContext = e.Trace.ToWire(),
            RerunParentInstanceInfo = Rerun(e.RerunOf),
        };
        if (e.Scope is { } scope) wire.HistoryPropagationScope = (HistoryPropagationScope)scope;
        return wire;
    }

    private static TimerCreatedEvent Created(TimerCreated e)
    {
        var wire = new TimerCreatedEvent { FireAt = e.FireAt.ToWire(), RerunParentInstanceInfo = Rerun(e.RerunOf) };
        if (e.Name is { } name) wire.Name = name;
        switch (e.Origin)
        {
            case TimerOrigin.CreateTimer: wire.CreateTimer = new TimerOriginCreateTimer(); break;
            case TimerOrigin.ExternalEvent: wire.ExternalEvent = new TimerOriginExternalEvent { Name = e.OriginDetail }; break;
            case TimerOrigin.ActivityRetry: wire.ActivityRetry = new TimerOriginActivityRetry { TaskExecutionId = e.OriginDetail }; break;
            case TimerOrigin.ChildRetry: wire.ChildWorkflowRetry = new TimerOriginChildWorkflowRetry { InstanceId = e.OriginDetail }; break;
            default: break;
        }
        return wire;
    }

    private static ExecutionStalledEvent Stalled(ExecutionStalled e)
    {
        var wire = new ExecutionStalledEvent { Reason = (StalledReason)e.Reason };
        if (e.Description is { } description) wire.Description = description;
        return wire;
    }

    private static RerunParentInstanceInfo? Rerun(string? source) =>
        source is null ? null : new RerunParentInstanceInfo { InstanceID = source };
}
