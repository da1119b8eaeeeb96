using Dapr.DurableTask.Protobuf;
using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;

namespace LocalDapr.Runtime.Workflows.Wire;

/// <summary>What workers and clients are sent.</summary>
internal static class WireItems
{
    /// <summary>Go's zero time.</summary>
    public static readonly Moment NotYet = Moment.From(DateTimeOffset.MinValue);

    public static WorkflowRequest ToWire(this TurnItem turn, string appId)
    {
        var request = new WorkflowRequest
        {
            InstanceId = turn.InstanceId,
            Router = new TaskRouter { SourceAppID = appId },
            PropagatedHistory = turn.Propagated.ToWire(),
        };
        foreach (var happened in turn.Past ?? []) request.PastEvents.Add(happened.ToWire());
        foreach (var happened in turn.New) request.NewEvents.Add(happened.ToWire());
        return request;
    }

    public static ActivityRequest ToWire(this ActivityItem item) => new()
    {
        Name = item.Task.Name,
        Version = item.Task.Version,
        Input = item.Task.Input,
        WorkflowInstance = new WorkflowInstance { InstanceId = item.InstanceId },
        TaskId = item.Task.EventId,
        ParentTraceContext = item.Trace.ToWire(),
        TaskExecutionId = item.Task.TaskExecutionId,
        PropagatedHistory = item.Propagated.ToWire(),
    };

    /// <param name="payloads">Whether input, output, custom status and failure are wanted.</param>
    /// <param name="parent">Whether the parent is: the waiting calls tell it, a plain get does not.</param>
    public static WorkflowState ToWire(this InstanceSummary summary, bool payloads, bool parent)
    {
        var state = new WorkflowState { InstanceId = summary.InstanceId, WorkflowStatus = (OrchestrationStatus)summary.Status };
        if (summary.Started is not { } started)
        {
            state.CreatedTimestamp = NotYet.ToWire();
            state.LastUpdatedTimestamp = NotYet.ToWire();
            return state;
        }
        state.Name = started.Name;
        state.Version = summary.VersionName ?? started.Version;
        state.CreatedTimestamp = started.Timestamp.ToWire();
        state.LastUpdatedTimestamp = summary.LastUpdated?.ToWire();
        state.StartedAt = summary.Began?.ToWire();
        state.ScheduledStartTimestamp = started.ScheduledStart?.ToWire();
        state.ExecutionId = started.ExecutionId;
        state.CompletedTimestamp = summary.Completed?.Timestamp.ToWire();
        foreach (var (key, value) in started.Tags ?? new Dictionary<string, string>()) state.Tags[key] = value;
        if (parent && started.Parent is { } by)
        {
            state.ParentInstanceId = by.InstanceId;
            state.ParentAppId = by.AppId;
        }
        if (!payloads) return state;
        state.Input = started.Input;
        state.CustomStatus = summary.CustomStatus;
        state.Output = summary.Completed?.Result;
        state.FailureDetails = summary.Completed?.Failure.ToWire();
        return state;
    }
}
