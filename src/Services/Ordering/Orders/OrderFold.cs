using DaprOrders.Contracts;

namespace DaprOrders.Ordering.Orders;

/// <summary>What an event does to an order. Pure.</summary>
internal static class OrderFold
{
    public static OrderState Apply(OrderState state, string name, DateTimeOffset at, string? reason = null, string? reference = null)
    {
        var view = state.View;
        var status = StatusAfter(view.Status, name);
        var history = status == view.Status && view.Version > 0 ? view.History : [.. view.History, new HistoryEntry(status, at)];
        var undoes = name is OrderEventNames.StockRejected or OrderEventNames.PaymentDeclined or OrderEventNames.ApprovalRejected;
        return state with
        {
            View = view with
            {
                Status = status, Reason = reason ?? view.Reason, UpdatedAt = at, Version = view.Version + 1, History = history,
                Payment = PaymentAfter(view.Payment, name, reference),
            },
            Events = [.. state.Events, name],
            UndoBegun = state.UndoBegun || undoes,
            UndoBegunAt = state.UndoBegunAt ?? (undoes ? at : null),
        };
    }

    /// <summary>An event happens once in a stream, whatever is tried again.</summary>
    public static bool MayHappen(OrderState state, string name) => !state.Has(name) && !state.IsTerminal;

    public static OrderEvent ToEvent(OrderState state, string name)
    {
        var view = state.View;
        var whole = name == OrderEventNames.Accepted || state.IsTerminal;
        return new OrderEvent(view.OrderId, view.CustomerId, view.Version, view.UpdatedAt, view.Status, view.Reason, view.Payment.Status,
            whole ? view.Total : null, whole ? view.Items : null);
    }

    private static string StatusAfter(string status, string name) => name switch
    {
        OrderEventNames.Accepted => OrderStatus.Accepted,
        OrderEventNames.ApprovalRequested => OrderStatus.AwaitingApproval,
        OrderEventNames.Approved => OrderStatus.Accepted,
        OrderEventNames.Confirmed => OrderStatus.Confirmed,
        OrderEventNames.Rejected => OrderStatus.Rejected,
        OrderEventNames.Cancelled => OrderStatus.Cancelled,
        OrderEventNames.Parked => OrderStatus.Parked,
        _ => status,
    };

    private static PaymentView PaymentAfter(PaymentView payment, string name, string? reference) => name switch
    {
        OrderEventNames.PaymentAuthorised => new PaymentView("authorised", reference ?? payment.Reference),
        OrderEventNames.PaymentDeclined => new PaymentView("declined", reference ?? payment.Reference),
        OrderEventNames.PaymentCaptured => new PaymentView("captured", reference ?? payment.Reference),
        OrderEventNames.PaymentVoided => new PaymentView("voided", payment.Reference),
        _ => payment,
    };
}
