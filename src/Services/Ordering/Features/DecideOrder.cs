using Dapr.Workflow;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;
using DaprOrders.Ordering.Saga;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Ordering.Features;

/// <summary>Cancel, approve, reject: the decision is made durable with the order, then the saga is told.</summary>
internal static class DecideOrder
{
    public static Task<IResult> CancelAsync(string id, Caller caller, OrderEventStore store, DaprWorkflowClient workflows, TimeProvider time, CancellationToken cancellation) =>
        DecideAsync(id, caller, store, workflows, time,
            allowed: order => order is { CaptureBegun: false, UndoBegun: false, CancelledBy: null, IsTerminal: false },
            decide: order => order with { CancelledBy = caller.IsOperator ? "cancelled-by-operator" : "cancelled-by-customer" },
            cancellation);

    public static Task<IResult> ApproveAsync(string id, Caller caller, OrderEventStore store, DaprWorkflowClient workflows, TimeProvider time, CancellationToken cancellation) =>
        SettleAsync(id, approved: true, caller, store, workflows, time, cancellation);

    public static Task<IResult> RejectAsync(string id, Caller caller, OrderEventStore store, DaprWorkflowClient workflows, TimeProvider time, CancellationToken cancellation) =>
        SettleAsync(id, approved: false, caller, store, workflows, time, cancellation);

    private static async Task<IResult> SettleAsync(
        string id, bool approved, Caller caller, OrderEventStore store, DaprWorkflowClient workflows, TimeProvider time, CancellationToken cancellation)
    {
        if (!caller.IsOperator) return Problems.Forbidden("Only an operator decides.").ToResult();
        return await DecideAsync(id, caller, store, workflows, time,
            allowed: order => order is { Approved: null, CancelledBy: null } && order.View.Status == OrderStatus.AwaitingApproval,
            decide: order => order with { Approved = approved },
            cancellation);
    }

    private static async Task<IResult> DecideAsync(
        string id, Caller caller, OrderEventStore store, DaprWorkflowClient workflows, TimeProvider time,
        Func<OrderState, bool> allowed, Func<OrderState, OrderState> decide, CancellationToken cancellation)
    {
        if (ReadOrders.Visible(store.Find(id), caller) is null) return ReadOrders.NoSuchOrder();
        var was = false;
        var order = await store.AppendAsync(id, _ => [], time.GetUtcNow(), state => (was = allowed(state)) ? decide(state) : state);
        if (!was) return Problems.WrongState($"An order that is {order.View.Status} and so far along cannot be changed so.", order.View.Status).ToResult();
        if (order.View.Status == OrderStatus.AwaitingApproval) await workflows.RaiseEventAsync(id, OrderSaga.DecisionEvent, "decided", cancellation);
        return TypedResults.Accepted($"/orders/{id}", order.View);
    }
}
