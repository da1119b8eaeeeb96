using Dapr.Workflow;

namespace DaprOrders.Ordering.Saga;

/// <summary>Steps that must succeed in the end, whatever it takes: tried with growing pauses of at most a minute, and at once when an operator says so.</summary>
internal static class UndoSteps
{
    public const string RetryEvent = "RetryUndo";
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    public static async Task UntilDoneAsync(WorkflowContext context, string step, string orderId)
    {
        var pause = TimeSpan.FromMilliseconds(200);
        while (await context.CallActivityAsync<string>(step, orderId, SagaPolicies.Patient) == StepOutcome.Again)
        {
            using var over = new CancellationTokenSource();
            await Task.WhenAny(context.CreateTimer(pause, over.Token), context.WaitForExternalEventAsync<string>(RetryEvent, over.Token));
            over.Cancel(); // CancelAsync would go on outside the workflow's own scheduler, and so never
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }
}
