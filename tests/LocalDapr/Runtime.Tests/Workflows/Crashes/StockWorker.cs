using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using MiniGrpc;
using Case = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace LocalDapr.Runtime.Tests.Workflows.Crashes;

/// <summary>
/// A worker on the stock protocol that comes back when its sidecar dies. Its workflow <c>story</c>: an activity, a timer, a child, the event
/// <c>go</c>; then it completes with what each of them gave.
/// </summary>
internal sealed class StockWorker(Uri sidecar)
{
    /// <summary>The workflow, if it is another one: what it does next, or null.</summary>
    public Func<WorkflowRequest, WorkflowAction?> Story { get; init; } = Decide;

    /// <summary>The work of its activities, if there is any.</summary>
    public Func<ActivityRequest, Task> Work { get; init; } = static _ => Task.CompletedTask;

    /// <summary>What it waits for, for the message of a test that waited in vain.</summary>
    public string Doing { get; private set; } = "nothing yet";

    /// <summary>Runs until cancelled; a call that fails with the sidecar is left to the next connection.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await again.WaitForNextTickAsync(cancellation);
                await ServeAsync(cancellation);
            }
            catch (RpcException)
            {
                // The sidecar is dead, or not there yet.
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(CancellationToken cancellation)
    {
        using var channel = new GrpcChannel(sidecar);
        using var items = channel.ServerStreaming(TaskHubMethods.GetWorkItems, new GetWorkItemsRequest(), new CallOptions { Cancellation = cancellation });
        var options = new CallOptions { Cancellation = cancellation };
        Doing = "connecting";
        await items.Headers;
        Doing = "reading";
        await foreach (var item in items.ReadAllAsync(cancellation))
        {
            Doing = $"answering {item}";
            if (item.ActivityRequest is { } activity)
            {
                await Work(activity);
                var result = new ActivityResponse { InstanceId = activity.WorkflowInstance.InstanceId, TaskId = activity.TaskId, Result = "worked" };
                await channel.UnaryAsync(TaskHubMethods.CompleteActivityTask, result, options);
            }
            else
            {
                var answer = new WorkflowResponse { InstanceId = item.WorkflowRequest.InstanceId, CompletionToken = item.CompletionToken };
                if (Story(item.WorkflowRequest) is { } action) answer.Actions.Add(action);
                await channel.UnaryAsync(TaskHubMethods.CompleteOrchestratorTask, answer, options);
            }
            Doing = $"reading after {item}";
        }
    }

    private static WorkflowAction? Decide(WorkflowRequest turn)
    {
        var history = turn.PastEvents.Concat(turn.NewEvents).ToLookup(happened => happened.EventTypeCase);
        if (history[Case.ExecutionStarted].Last().ExecutionStarted.Name == "child") return Complete(1, "child");
        if (!history[Case.TaskScheduled].Any()) return new WorkflowAction { Id = 1, ScheduleTask = new ScheduleTaskAction { Name = "work" } };
        if (history[Case.TaskCompleted].FirstOrDefault() is not { } worked) return null;
        if (!history[Case.TimerCreated].Any())
        {
            var due = history[Case.WorkflowStarted].Last().Timestamp.ToDateTimeOffset().AddMilliseconds(20);
            return new WorkflowAction { Id = 2, CreateTimer = new CreateTimerAction { FireAt = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(due) } };
        }

        if (!history[Case.TimerFired].Any()) return null;
        if (!history[Case.ChildWorkflowInstanceCreated].Any())
            return new WorkflowAction { Id = 3, CreateChildWorkflow = new CreateChildWorkflowAction { Name = "child", InstanceId = "kid" } };
        if (history[Case.ChildWorkflowInstanceCompleted].FirstOrDefault() is not { } child) return null;
        if (history[Case.EventRaised].FirstOrDefault() is not { } raised) return null;
        return Complete(4, $"{worked.TaskCompleted.Result} {child.ChildWorkflowInstanceCompleted.Result} {raised.EventRaised.Input}");
    }

    public static WorkflowAction Complete(int id, string result) => new()
    {
        Id = id,
        CompleteWorkflow = new CompleteWorkflowAction { WorkflowStatus = OrchestrationStatus.Completed, Result = result },
    };
}
