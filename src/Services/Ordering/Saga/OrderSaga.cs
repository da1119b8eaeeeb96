using Dapr.Workflow;

namespace DaprOrders.Ordering.Saga;

/// <summary>The story of an order. Its instance id is the order id; every step is idempotent by it.</summary>
internal sealed class OrderSaga : Workflow<OrderSaga.Input, string>
{
    public const string DecisionEvent = "ApprovalDecided";

    public sealed record Input(bool NeedsApproval, TimeSpan ApprovalTimeout);

    public override async Task<string> RunAsync(WorkflowContext context, Input input)
    {
        var undo = new Stack<string>();
        undo.Push(nameof(ReleaseStock));     // pushed before the step: a reservation that failed half-way is released too
        undo.Push(nameof(VoidPayment));
        var stock = context.CallActivityAsync<string>(nameof(ReserveStock), context.InstanceId, SagaPolicies.Patient);
        var payment = context.CallActivityAsync<string>(nameof(AuthorisePayment), context.InstanceId, SagaPolicies.Patient);
        await Task.WhenAll(stock, payment);

        if (await stock != StepOutcome.Done) return await UndoAsync(context, undo, "out-of-stock");
        if (await payment != StepOutcome.Done) return await UndoAsync(context, undo, ReasonOf(await payment));

        if (input.NeedsApproval && await DecideAsync(context, input.ApprovalTimeout) is { } refusal) return await UndoAsync(context, undo, refusal);

        var capture = await context.CallActivityAsync<string>(nameof(CapturePayment), context.InstanceId, SagaPolicies.Patient);
        if (capture != StepOutcome.Done) return await UndoAsync(context, undo, ReasonOf(capture));
        return await context.CallActivityAsync<string>(nameof(ConfirmStock), context.InstanceId, SagaPolicies.Patient);
    }

    /// <summary>Null when the order may go on; otherwise why it ends.</summary>
    private static async Task<string?> DecideAsync(WorkflowContext context, TimeSpan timeout)
    {
        var requested = await context.CallActivityAsync<string>(nameof(RequestApproval), context.InstanceId, SagaPolicies.Patient);
        if (requested == StepOutcome.Cancelled) return requested;
        try
        {
            if (requested != StepOutcome.Decided) await context.WaitForExternalEventAsync<string>(DecisionEvent, timeout);
        }
        catch (TaskCanceledException)
        {
            // Nobody decided in time; SettleApproval looks once more, so a decision that came in the last moment still counts.
        }

        var decision = await context.CallActivityAsync<string>(nameof(SettleApproval), context.InstanceId, SagaPolicies.Patient);
        return decision == StepOutcome.Done ? null : decision;
    }

    private static string ReasonOf(string outcome) => outcome == StepOutcome.GivenUp ? "payment-unavailable" : "payment-declined";

    /// <summary>Everything in reverse; a cancel that was accepted before decides what the end is called, and EndOrder knows of it.</summary>
    private static async Task<string> UndoAsync(WorkflowContext context, Stack<string> undo, string reason)
    {
        while (undo.TryPop(out var step)) await UndoSteps.UntilDoneAsync(context, step, context.InstanceId);
        return await context.CallActivityAsync<string>(nameof(EndOrder), new EndOrder.Input(context.InstanceId, reason), SagaPolicies.Patient);
    }
}

/// <summary>What a step came to.</summary>
internal static class StepOutcome
{
    public const string Done = "done", Refused = "refused", Cancelled = "cancelled", GivenUp = "given-up", Again = "again", Decided = "decided";
}

internal static class SagaPolicies
{
    /// <summary>A step is tried for as long as the order lives: what it waits for (provider, stock, disk) comes back, and then nobody must remember it.</summary>
    public static readonly WorkflowTaskOptions Patient = new(new WorkflowRetryPolicy(
        maxNumberOfAttempts: 1_000_000, firstRetryInterval: TimeSpan.FromMilliseconds(200), backoffCoefficient: 1.6, maxRetryInterval: TimeSpan.FromSeconds(60)));
}
