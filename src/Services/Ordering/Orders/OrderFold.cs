using DaprOrders.Contracts;

namespace DaprOrders.Ordering.Orders;

/// <summary>
/// What an event does to an order. Pure. The view is folded from nothing but the events' own data, so a view that is rebuilt from the stream is the
/// same, member for member.
/// </summary>
internal static class OrderFold
{
    private static readonly string[] AfterConfirmed =
        [OrderEventNames.PaymentRefunded, OrderEventNames.StockReturned, OrderEventNames.Refunded, OrderEventNames.Parked];

    /// <summary>Names of the events after which an order has another status.</summary>
    public static readonly IReadOnlyList<string> ChangesStatus =
    [
        OrderEventNames.Accepted, OrderEventNames.ApprovalRequested, OrderEventNames.Approved, OrderEventNames.Confirmed, OrderEventNames.Rejected, OrderEventNames.Cancelled,
        OrderEventNames.Parked, OrderEventNames.Refunded,
    ];

    /// <summary>A new order, whose first event is its acceptance.</summary>
    public static OrderState Accept(OrderEvent accepted, string paymentToken, bool needsApproval) =>
        new(Fold(null, accepted), [OrderEventNames.Accepted]) { PaymentToken = paymentToken, NeedsApproval = needsApproval };

    /// <summary>The order after the event, and the event's data.</summary>
    public static (OrderState State, OrderEvent Data) Apply(OrderState state, string name, DateTimeOffset at, string? reason = null, string? reference = null)
    {
        var data = Next(state.View, name, at, reason, reference);
        var after = state with { View = Fold(state.View, data), Events = [.. state.Events, name] };
        if (name is OrderEventNames.StockRejected or OrderEventNames.PaymentDeclined or OrderEventNames.ApprovalRejected) after = after.BeginUndo(at);
        if (name is OrderEventNames.PaymentAuthorised or OrderEventNames.PaymentDeclined || after.IsTerminal) after = after with { PaymentToken = "" };
        return (after, data);
    }

    /// <summary>An event happens once in a stream, whatever is tried again; after the end only what a refund does.</summary>
    public static bool MayHappen(OrderState state, string name) =>
        !state.Has(name) && (!state.IsTerminal || (state.View.Status == OrderStatus.Confirmed && state.RefundReason is not null && AfterConfirmed.Contains(name)));

    /// <summary>The view after the event; null before the first one.</summary>
    public static OrderView Fold(OrderView? view, OrderEvent data)
    {
        var payment = new PaymentView(data.PaymentStatus, data.PaymentReference);
        if (view is null)
            return new OrderView(data.OrderId, data.CustomerId, data.Status, data.Reason, data.Items!, data.Total!, data.Note, data.At, data.At, data.Version, payment, [new(data.Status, data.At)]);
        return view with
        {
            Status = data.Status, Reason = data.Reason, UpdatedAt = data.At, Version = data.Version, Payment = payment,
            History = data.Status == view.Status ? view.History : [.. view.History, new HistoryEntry(data.Status, data.At)],
        };
    }

    private static OrderEvent Next(OrderView view, string name, DateTimeOffset at, string? reason, string? reference)
    {
        var status = StatusAfter(view.Status, name);
        var isEnd = OrderStatus.IsTerminal(status);
        return new OrderEvent(
            view.OrderId, view.CustomerId, view.Version + 1, at, status, reason ?? view.Reason, PaymentAfter(view.Payment.Status, name),
            isEnd ? view.Total : null, isEnd ? view.Items : null, PaymentReference: reference ?? view.Payment.Reference);
    }

    private static string StatusAfter(string status, string name) => name switch
    {
        OrderEventNames.ApprovalRequested => OrderStatus.AwaitingApproval,
        OrderEventNames.Approved => OrderStatus.Accepted,
        OrderEventNames.Confirmed => OrderStatus.Confirmed,
        OrderEventNames.Rejected => OrderStatus.Rejected,
        OrderEventNames.Cancelled => OrderStatus.Cancelled,
        OrderEventNames.Parked => OrderStatus.Parked,
        OrderEventNames.Refunded => OrderStatus.Refunded,
        _ => status,
    };

    private static string PaymentAfter(string status, string name) => name switch
    {
        OrderEventNames.PaymentAuthorised => "authorised",
        OrderEventNames.PaymentDeclined => "declined",
        OrderEventNames.PaymentCaptured => "captured",
        OrderEventNames.PaymentVoided => "voided",
        OrderEventNames.PaymentRefunded => "refunded",
        OrderEventNames.Parked when status == "none" => "unknown", // an authorisation may have taken effect: that is why it is parked
        OrderEventNames.Rejected or OrderEventNames.Cancelled when status == "unknown" => "none",
        _ => status,
    };
}
