using Dapr.Workflow;
using DaprOrders.Ordering.Orders;

namespace DaprOrders.Ordering.Saga;

/// <summary>Starts the sagas; one that is there already is left alone. Safe for concurrent use.</summary>
internal sealed class SagaStarts(DaprWorkflowClient workflows, OrderingOptions options)
{
    /// <summary>The instance that the order depends on now.</summary>
    public static string InstanceOf(OrderState order) => order.RefundReason is null ? order.View.OrderId : RefundSaga.IdOf(order.View.OrderId);

    public Task StartAsync(OrderState order, CancellationToken cancellation) => order.RefundReason is null
        ? StartAsync(nameof(OrderSaga), InstanceOf(order), new OrderSaga.Input(order.NeedsApproval, options.ApprovalTimeout), cancellation)
        : StartAsync(nameof(RefundSaga), InstanceOf(order), order.View.OrderId, cancellation);

    private async Task StartAsync(string name, string instanceId, object input, CancellationToken cancellation)
    {
        try
        {
            await workflows.ScheduleNewWorkflowAsync(name, instanceId, input, startTime: (DateTimeOffset?)null, cancellation);
        }
        catch (Exception e) when (e.Message.Contains("already exists", StringComparison.OrdinalIgnoreCase))
        {
            // An earlier start did it and died before it could say so.
        }
    }
}
