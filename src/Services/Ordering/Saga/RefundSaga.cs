using Dapr.Workflow;
using DaprOrders.Contracts;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;

namespace DaprOrders.Ordering.Saga;

/// <summary>A confirmed order comes back: first the money, then the stock. There is one of an order at most, since its instance id comes from the order's.</summary>
internal sealed class RefundSaga : Workflow<string, string>
{
    public static string IdOf(string orderId) => $"{orderId}-refund";

    public override async Task<string> RunAsync(WorkflowContext context, string input)
    {
        await UndoSteps.UntilDoneAsync(context, nameof(RefundPayment), input);
        await UndoSteps.UntilDoneAsync(context, nameof(ReturnStock), input);
        return OrderStatus.Refunded;
    }
}

internal sealed class RefundPayment(OrderEventStore store, PaymentCalls payments, Parking parking, TimeProvider time) : WorkflowActivity<string, string>
{
    public override Task<string> RunAsync(WorkflowActivityContext context, string input) => parking.UndoAsync(input, async order =>
    {
        if (order.Has(OrderEventNames.PaymentRefunded)) return;
        await payments.CallAsync("refund", order);
        await store.AppendAsync(input, _ => [new Happening(OrderEventNames.PaymentRefunded)], time.GetUtcNow());
    });
}

/// <summary>The last step: the goods are on the shelf again, and the order is refunded in the same commit.</summary>
internal sealed class ReturnStock(OrderEventStore store, StockCalls stock, Parking parking, TimeProvider time) : WorkflowActivity<string, string>
{
    public override Task<string> RunAsync(WorkflowActivityContext context, string input) => parking.UndoAsync(input, async order =>
    {
        await stock.CallAsync(StockActor.Return, order.View);
        await store.AppendAsync(
            input, state => [new Happening(OrderEventNames.StockReturned), new Happening(OrderEventNames.Refunded, state.RefundReason)], time.GetUtcNow());
    });
}
