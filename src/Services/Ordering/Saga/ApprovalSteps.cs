using Dapr.Workflow;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;

namespace DaprOrders.Ordering.Saga;

/// <summary>Asks for a decision, unless the order was cancelled before: nobody would decide it any more. A saga that was started again finds what was decided.</summary>
internal sealed class RequestApproval(OrderEventStore store, TimeProvider time) : WorkflowActivity<string, string>
{
    public override async Task<string> RunAsync(WorkflowActivityContext context, string input)
    {
        var order = await store.AppendAsync(input, state => state.IsToBeUndone ? [] : [new Happening(OrderEventNames.ApprovalRequested)], time.GetUtcNow());
        return order.Approved is not null || order.Has(OrderEventNames.ApprovalRejected) ? StepOutcome.Decided : order.IsToBeUndone ? StepOutcome.Cancelled : StepOutcome.Done;
    }
}

/// <summary>
/// Reads the decision from the store, where the operator's request made it durable: "done" when it was approved, "cancelled", or the reason of the
/// rejection. No decision is possible after it.
/// </summary>
internal sealed class SettleApproval(OrderEventStore store, TimeProvider time) : WorkflowActivity<string, string>
{
    public override async Task<string> RunAsync(WorkflowActivityContext context, string input)
    {
        var order = await store.AppendAsync(input, Decide, time.GetUtcNow());
        return order switch
        {
            _ when order.Has(OrderEventNames.Approved) => StepOutcome.Done,
            { CancelledBy: not null } => StepOutcome.Cancelled,
            { Approved: false } => "approval-rejected",
            _ => "approval-timeout",
        };
    }

    private static IEnumerable<Happening> Decide(OrderState order) => order switch
    {
        { CancelledBy: not null } => [],
        { Approved: true } => [new Happening(OrderEventNames.Approved)],
        _ => [new Happening(OrderEventNames.ApprovalRejected)],
    };
}
