using Dapr.Workflow;
using DaprOrders.Contracts;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;

namespace DaprOrders.Ordering.Saga;

/// <summary>Authorises, or waits for the provider until it is given up. An order that will be undone anyway is not authorised any more.</summary>
internal sealed class AuthorisePayment(OrderEventStore store, PaymentCalls payments, OrderingOptions options, TimeProvider time) : WorkflowActivity<string, string>
{
    public override async Task<string> RunAsync(WorkflowActivityContext context, string input)
    {
        var order = (await store.FindAsync(input))!;
        if (order.Has(OrderEventNames.PaymentAuthorised)) return StepOutcome.Done;
        if (order.Has(OrderEventNames.PaymentDeclined)) return StepOutcome.Refused;
        if (order.IsToBeUndone) return order.UndoBegun && IsOver(order) ? StepOutcome.GivenUp : StepOutcome.Refused;
        try
        {
            var outcome = await payments.CallAsync("authorise", order, order.PaymentToken);
            var authorised = outcome.Status == "authorised";
            await store.AppendAsync(input, _ => [new Happening(authorised ? OrderEventNames.PaymentAuthorised : OrderEventNames.PaymentDeclined, Reference: outcome.Reference)], time.GetUtcNow());
            return authorised ? StepOutcome.Done : StepOutcome.Refused;
        }
        catch (PaymentPendingException) when (IsOver(order))
        {
            return StepOutcome.GivenUp;
        }
    }

    private bool IsOver(OrderState order) => time.GetUtcNow() - order.View.PlacedAt >= options.PaymentGiveUp;
}

/// <summary>The point of no return: the mark that capture has begun and a cancel exclude each other in the store.</summary>
internal sealed class CapturePayment(OrderEventStore store, PaymentCalls payments, TimeProvider time) : WorkflowActivity<string, string>
{
    public override async Task<string> RunAsync(WorkflowActivityContext context, string input)
    {
        var now = time.GetUtcNow();
        var order = await store.AppendAsync(input, _ => [], now, state => state.CancelledBy is not null ? state.BeginUndo(now) : state.CaptureBegun || state.UndoBegun ? state : state with { CaptureBegun = true });
        if (order.CancelledBy is not null) return StepOutcome.Cancelled;
        if (order.Has(OrderEventNames.PaymentCaptured)) return StepOutcome.Done;
        if (order.Has(OrderEventNames.PaymentDeclined) || order.UndoBegun) return StepOutcome.Refused;
        var outcome = await payments.CallAsync("capture", order);
        var captured = outcome.Status == "captured";
        await store.AppendAsync(input, _ => [new Happening(captured ? OrderEventNames.PaymentCaptured : OrderEventNames.PaymentDeclined)], time.GetUtcNow());
        return captured ? StepOutcome.Done : StepOutcome.Refused;
    }
}

/// <summary>Undoes an authorisation. Where there is none, the ledger notes it, so that a late one is declined.</summary>
internal sealed class VoidPayment(OrderEventStore store, PaymentCalls payments, Parking parking, TimeProvider time) : WorkflowActivity<string, string>
{
    public override Task<string> RunAsync(WorkflowActivityContext context, string input) => parking.UndoAsync(input, async order =>
    {
        var outcome = await payments.CallAsync("void", order);
        await store.AppendAsync(input, _ => outcome.Status == "voided" ? [new Happening(OrderEventNames.PaymentVoided)] : [], time.GetUtcNow());
    });
}
