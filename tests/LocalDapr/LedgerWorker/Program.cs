using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using LocalDapr.LedgerWorker;
using MiniGrpc;

// A worker on the stock protocol that notes every activity it is given, and every acknowledgement of its completion, in a ledger. It comes
// back when its sidecar dies, until it is killed itself; it also drops its connection at some item, without an answer to it. Arguments: the
// sidecar's gRPC address, the ledger's file, the most items a connection is kept for.
var sidecar = new Uri(args[0]);
await using var ledger = new Ledger(args[1]);
var mostItems = int.Parse(args[2]);
using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
while (await again.WaitForNextTickAsync())
{
    try
    {
        using var channel = new GrpcChannel(sidecar);
        using var gone = new CancellationTokenSource();
        using var items = channel.ServerStreaming(TaskHubMethods.GetWorkItems, new GetWorkItemsRequest());
        var left = Random.Shared.Next(1, mostItems);
        await foreach (var item in items.ReadAllAsync())
        {
            if (--left == 0)
            {
                // Completions under way go before the stream: afterwards they would still be acknowledged, as calls outlive a disposed channel,
                // while another worker is given the same items already.
                await gone.CancelAsync();
                break;
            }
            // Noted in the order of their arrival; what becomes of them is up to the connection they came by.
            if (item.ActivityRequest is { } activity)
            {
                var noted = ledger.AddAsync("given", activity.WorkflowInstance.InstanceId, Key(activity));
                _ = ActAsync(channel, activity, noted, gone.Token);
            }
            else
            {
                _ = DecideAsync(channel, item);
            }
        }
    }
    catch (RpcException)
    {
        // The sidecar is dead, or not there yet.
    }
}

async Task ActAsync(GrpcChannel channel, ActivityRequest activity, Task noted, CancellationToken gone)
{
    await noted;
    var instance = activity.WorkflowInstance.InstanceId;
    var result = new ActivityResponse { InstanceId = instance, TaskId = activity.TaskId, Result = Stories.ResultOf(instance, activity.TaskId) };
    var options = new CallOptions { Cancellation = gone };
    if (await TryAsync(() => channel.UnaryAsync(TaskHubMethods.CompleteActivityTask, result, options))) await ledger.AddAsync("done", instance, Key(activity));
}

static string Key(ActivityRequest activity) => $"{activity.TaskId}/{activity.TaskExecutionId}";

static Task<bool> DecideAsync(GrpcChannel channel, WorkItem item)
{
    var answer = new WorkflowResponse { InstanceId = item.WorkflowRequest.InstanceId, CompletionToken = item.CompletionToken };
    if (Stories.Next(item.WorkflowRequest) is { } action) answer.Actions.Add(action);
    return TryAsync(() => channel.UnaryAsync(TaskHubMethods.CompleteOrchestratorTask, answer));
}

// What fails with the sidecar is given out again by the next one.
static async Task<bool> TryAsync(Func<Task> call)
{
    try
    {
        await call();
        return true;
    }
    catch (Exception dead) when (dead is RpcException or ObjectDisposedException or OperationCanceledException)
    {
        return false;
    }
}
