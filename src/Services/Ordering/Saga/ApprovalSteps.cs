using Dapr.Workflow;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;

namespace DaprOrders.Ordering.Saga;

internal sealed class RequestApproval(OrderEventStore store, TimeProvider time) : WorkflowActivity<string, string>
{
    public override async Task<string> RunAsync(WorkflowActivityContext context, string input)
    {
        await store.AppendAsync(input, state => state.CancelledBy is null ? [new Happening(OrderEventNames.ApprovalRequested)] : [], time.GetUtcNow());
        return StepOutcome.Done;
    }
}

/// <summary>Reads the decision from the store, where the operator's request made it durable: "approved", "cancelled", or the reason of the rejection.</summary>
internal sealed class SettleApproval(OrderEventStore store, TimeProvider time) : WorkflowActivity<string, string>
{
    public override async Task<string> RunAsync(WorkflowActivityContext context, string input)
    {
        var order = await store.AppendAsync(input, Decide, time.GetUtcNow());
        return order switch
        {
            _ when order.Has(OrderEventNames.Approved) => "approved",
            { CancelledBy: not null } => "cancelled",
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
