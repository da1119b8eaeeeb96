using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using Microsoft.Extensions.Logging;
using MiniGrpc;

namespace Dapr.Workflow.Worker;

// The protocol every sidecar speaks: one stream of work items, each answered by a call of its own.
internal sealed partial class StockConnection(SidecarHub hub, TurnRunner turns, ActivityRunner activities, ILogger logger)
{
    /// <summary>Takes work items until the stream ends or breaks. Work in hand goes on; its answers may come too late, and then it is given out again.</summary>
    public async Task RunAsync(Action connected, CancellationToken stopping)
    {
        await hub.CallAsync(TaskHubMethods.Hello, new(), stopping).ConfigureAwait(false);
        using var call = hub.Channel.ServerStreaming(TaskHubMethods.GetWorkItems, new(), new CallOptions { Cancellation = stopping });
        connected();
        await foreach (var item in call.ReadAllAsync(stopping).ConfigureAwait(false))
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static work => _ = work.Self.AnswerAsync(work.Item, work.Stopping), (Self: this, Item: item, Stopping: stopping), preferLocal: false);
        }
    }

    private async Task AnswerAsync(WorkItem item, CancellationToken stopping)
    {
        try
        {
            switch (item.RequestCase)
            {
                case WorkItem.RequestOneofCase.WorkflowRequest:
                    var turn = turns.Replay(item.WorkflowRequest);
                    turn.CompletionToken = item.CompletionToken;
                    await hub.CallAsync(TaskHubMethods.CompleteOrchestratorTask, turn, stopping).ConfigureAwait(false);
                    break;
                case WorkItem.RequestOneofCase.ActivityRequest:
                    var result = await activities.RunAsync(item.ActivityRequest).ConfigureAwait(false);
                    result.CompletionToken = item.CompletionToken;
                    await hub.CallAsync(TaskHubMethods.CompleteActivityTask, result, stopping).ConfigureAwait(false);
                    break;
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The application ends; the sidecar gives the item out again.
        }
        catch (Exception failure)
        {
            LogUnanswered(failure, item.RequestCase);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "A work item ({Kind}) could not be answered; the sidecar gives it out again.")]
    private partial void LogUnanswered(Exception failure, WorkItem.RequestOneofCase kind);
}
