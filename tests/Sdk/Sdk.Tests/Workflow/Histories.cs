using Dapr.Common.Serialization;
using Dapr.DurableTask.Protobuf;
using Dapr.Workflow;
using Dapr.Workflow.Replay;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sdk.Tests.Workflow;

/// <summary>A history written by hand: each turn begins with its start, as a sidecar sends it.</summary>
internal static class Histories
{
    public static readonly DateTime Noon = new(2026, 5, 4, 12, 0, 0, DateTimeKind.Utc);

    public static HistoryEvent TurnStarted(int minutes = 0, params string[] patches)
    {
        var started = new WorkflowStartedEvent();
        if (patches.Length > 0)
        {
            started.Version = new WorkflowVersion { Patches = { patches } };
        }

        return new() { EventId = -1, Timestamp = Timestamp.FromDateTime(Noon.AddMinutes(minutes)), WorkflowStarted = started };
    }

    public static HistoryEvent Started(string input = "") => new()
    {
        EventId = -1,
        ExecutionStarted = new() { Name = "Test", Input = input, WorkflowInstance = new() { InstanceId = "one", ExecutionId = "run-1" } },
    };

    public static HistoryEvent Scheduled(int id, string name) => new() { EventId = id, TaskScheduled = new() { Name = name } };

    public static HistoryEvent Completed(int id, string result) =>
        new() { EventId = -1, TaskCompleted = new() { TaskScheduledId = id, Result = result } };

    public static HistoryEvent Failed(int id, string type = "System.TimeoutException", string message = "too slow") => new()
    {
        EventId = -1,
        TaskFailed = new() { TaskScheduledId = id, FailureDetails = new() { ErrorType = type, ErrorMessage = message } },
    };

    public static HistoryEvent TimerCreated(int id) => new() { EventId = id, TimerCreated = new() };

    public static HistoryEvent Fired(int id) => new() { EventId = -1, TimerFired = new() { TimerId = id } };

    public static HistoryEvent Raised(string name, string input = "") => new() { EventId = -1, EventRaised = new() { Name = name, Input = input } };

    public static HistoryEvent ChildCreated(int id, string name) =>
        new() { EventId = id, ChildWorkflowInstanceCreated = new() { Name = name, InstanceId = "child" } };

    public static HistoryEvent ChildCompleted(int id, string result) =>
        new() { EventId = -1, ChildWorkflowInstanceCompleted = new() { TaskScheduledId = id, Result = result } };

    public static HistoryEvent ChildFailed(int id) => new() { EventId = -1, ChildWorkflowInstanceFailed = new() { TaskScheduledId = id } };

    public static HistoryEvent Suspended() => new() { EventId = -1, ExecutionSuspended = new() };

    public static HistoryEvent Resumed() => new() { EventId = -1, ExecutionResumed = new() };

    public static HistoryEvent Terminated(string output) => new() { EventId = -1, ExecutionTerminated = new() { Input = output } };

    public static WorkflowRun Run<TInput, TOutput>(Func<WorkflowContext, TInput, Task<TOutput>> code)
    {
        var options = new WorkflowRuntimeOptions();
        options.RegisterWorkflow("Test", code);
        return new WorkflowRun("one", new RunSetup(
            name => options.Workflows.TryGetValue(name, out var create) ? create(null!) : null, new JsonDaprSerializer(), NullLoggerFactory.Instance));
    }

    public static WorkflowRun Run<TOutput>(Func<WorkflowContext, Task<TOutput>> code) => Run<string, TOutput>((context, _) => code(context));

    public static CompleteWorkflowAction End(this WorkflowResponse response) => response.Actions.Single(a => a.CompleteWorkflow is not null).CompleteWorkflow;
}
