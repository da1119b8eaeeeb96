using Dapr.DurableTask.Protobuf;
using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Turns;
using Actions = Dapr.DurableTask.Protobuf;
using Kind = Dapr.DurableTask.Protobuf.WorkflowAction.WorkflowActionTypeOneofCase;

namespace LocalDapr.Runtime.Workflows.Wire;

/// <summary>What workers send, as the engine takes it.</summary>
internal static class WireResponses
{
    public static TurnResponse FromWire(this WorkflowResponse response)
    {
        var actions = new List<Engine.Turns.WorkflowAction>(response.Actions.Count);
        foreach (var action in response.Actions)
        {
            if (FromWire(action) is { } known) actions.Add(known);
        }
        return new TurnResponse(response.InstanceId, actions)
        {
            CustomStatus = response.CustomStatus,
            Token = response.CompletionToken,
            Version = response.Version is { } version
                ? new Engine.History.WorkflowVersion([.. version.Patches], version.HasName ? version.Name : null)
                : null,
        };
    }

    public static ActivityResult FromWire(this ActivityResponse response) =>
        new(response.InstanceId, response.TaskId, response.Result, response.FailureDetails.FromWire()) { Token = response.CompletionToken };

    private static Engine.Turns.WorkflowAction? FromWire(Actions.WorkflowAction action) => action.WorkflowActionTypeCase switch
    {
        Kind.ScheduleTask => Schedule(action),
        Kind.CreateChildWorkflow => Child(action),
        Kind.CreateDetachedWorkflow => Detached(action),
        Kind.CreateTimer => Timer(action),
        Kind.SendEvent => new SendEvent(action.Id, action.SendEvent.Instance?.InstanceId ?? "", action.SendEvent.Name, action.SendEvent.Data)
        {
            TargetApp = Target(action.Router),
        },
        Kind.CompleteWorkflow => Complete(action),
        Kind.TerminateWorkflow => new TerminateOther(
            action.Id, action.TerminateWorkflow.InstanceId, action.TerminateWorkflow.Reason, action.TerminateWorkflow.Recurse),
        Kind.WorkflowVersionNotAvailable => new VersionNotAvailable(action.Id),
        _ => null,
    };

    // SDKs of 1.18 put the router into the action itself, later ones beside it.
    private static string? Target(params ReadOnlySpan<TaskRouter?> routers)
    {
        foreach (var router in routers)
        {
            if (router is { HasTargetAppID: true, TargetAppID.Length: > 0 }) return router.TargetAppID;
        }
        return null;
    }

    private static ScheduleTask Schedule(Actions.WorkflowAction action)
    {
        var task = action.ScheduleTask;
        return new ScheduleTask(action.Id, task.Name)
        {
            TargetApp = Target(action.Router, task.Router),
            Version = task.Version,
            Input = task.Input,
            TaskExecutionId = task.TaskExecutionId,
            Scope = task.HasHistoryPropagationScope ? (PropagationScope)task.HistoryPropagationScope : null,
        };
    }

    private static CreateChild Child(Actions.WorkflowAction action)
    {
        var child = action.CreateChildWorkflow;
        return new CreateChild(action.Id, child.InstanceId, child.Name)
        {
            TargetApp = Target(action.Router, child.Router),
            Version = child.Version,
            Input = child.Input,
            Scope = child.HasHistoryPropagationScope ? (PropagationScope)child.HistoryPropagationScope : null,
        };
    }

    private static CreateDetached Detached(Actions.WorkflowAction action)
    {
        var detached = action.CreateDetachedWorkflow;
        return new CreateDetached(action.Id, detached.InstanceId, detached.Name)
        {
            TargetApp = Target(action.Router),
            Input = detached.Input,
            ScheduledStart = detached.ScheduledStartTimestamp?.ToMoment(),
            ExecutionId = detached.ExecutionId,
            Tags = detached.Tags.Count > 0 ? new Dictionary<string, string>(detached.Tags) : null,
            Trace = detached.ParentTraceContext.FromWire(),
        };
    }

    private static CreateTimer Timer(Actions.WorkflowAction action)
    {
        var timer = action.CreateTimer;
        var (origin, detail) = timer.OriginCase switch
        {
            CreateTimerAction.OriginOneofCase.CreateTimer => (TimerOrigin.CreateTimer, null),
            CreateTimerAction.OriginOneofCase.ExternalEvent => (TimerOrigin.ExternalEvent, timer.ExternalEvent.Name),
            CreateTimerAction.OriginOneofCase.ActivityRetry => (TimerOrigin.ActivityRetry, timer.ActivityRetry.TaskExecutionId),
            CreateTimerAction.OriginOneofCase.ChildWorkflowRetry => (TimerOrigin.ChildRetry, timer.ChildWorkflowRetry.InstanceId),
            _ => (TimerOrigin.Unknown, (string?)null),
        };
        return new CreateTimer(action.Id, timer.FireAt?.ToMoment() ?? default)
        {
            Name = timer.HasName ? timer.Name : null,
            Origin = origin,
            OriginDetail = detail,
        };
    }

    private static CompleteWorkflow Complete(Actions.WorkflowAction action)
    {
        var complete = action.CompleteWorkflow;
        return new CompleteWorkflow(action.Id, (RuntimeStatus)complete.WorkflowStatus)
        {
            Result = complete.Result,
            Failure = complete.FailureDetails.FromWire(),
            Carryover = [.. complete.CarryoverEvents.Select(Carried).OfType<Engine.History.HistoryEvent>()],
        };
    }

    // Workers carry over what was sent to the instance; results of the generation that ends mean nothing to the next.
    private static Engine.History.HistoryEvent? Carried(Actions.HistoryEvent wire)
    {
        Engine.History.HistoryEvent? happened = wire.EventTypeCase switch
        {
            Actions.HistoryEvent.EventTypeOneofCase.EventRaised => new EventRaised(wire.EventRaised.Name, wire.EventRaised.Input),
            Actions.HistoryEvent.EventTypeOneofCase.ExecutionSuspended => new ExecutionSuspended(wire.ExecutionSuspended.Input),
            Actions.HistoryEvent.EventTypeOneofCase.ExecutionResumed => new ExecutionResumed(wire.ExecutionResumed.Input),
            Actions.HistoryEvent.EventTypeOneofCase.ExecutionTerminated =>
                new ExecutionTerminated(wire.ExecutionTerminated.Input, wire.ExecutionTerminated.Recurse),
            _ => null,
        };
        return happened is null ? null : happened with
        {
            EventId = wire.EventId,
            Timestamp = wire.Timestamp?.ToMoment() ?? default,
            Router = wire.Router is { } router ? new EventRouter(router.SourceAppID, router.HasTargetAppID ? router.TargetAppID : null) : null,
        };
    }
}
