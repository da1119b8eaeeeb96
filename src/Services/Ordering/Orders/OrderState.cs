using System.Text.Json.Serialization;
using DaprOrders.Contracts;

namespace DaprOrders.Ordering.Orders;

/// <summary>
/// One order as its event stream makes it, with what the stream does not show: the payment token, until it has been used, and the marks that decide
/// who comes first, a cancel or the capture. Immutable; folded by <see cref="OrderFold"/> inside the transaction that appends the event.
/// </summary>
public sealed record OrderState(OrderView View, IReadOnlyList<string> Events)
{
    public string PaymentToken { get; init; } = "";
    public bool NeedsApproval { get; init; }
    public bool CaptureBegun { get; init; }
    public bool UndoBegun { get; init; }
    public DateTimeOffset? UndoBegunAt { get; init; }
    public string? CancelledBy { get; init; }      // reason of the cancel
    public bool? Approved { get; init; }
    public string? Trace { get; init; }            // W3C traceparent of the request that placed it
    public string? RefundReason { get; init; }     // there once an operator has asked for it

    [JsonIgnore]
    public bool IsTerminal => OrderStatus.IsTerminal(View.Status);

    /// <summary>An operator wants it back, and it is not back yet.</summary>
    [JsonIgnore]
    public bool IsRefunding => RefundReason is not null && View.Status != OrderStatus.Refunded;

    /// <summary>A saga must be at work on it, or wait for somebody.</summary>
    [JsonIgnore]
    public bool IsUnderWay => !IsTerminal || IsRefunding;

    public bool Has(string name) => Events.Contains(name);

    /// <summary>A decision or an undo was first: no step forward may begin any more.</summary>
    [JsonIgnore]
    public bool IsToBeUndone => UndoBegun || CancelledBy is not null;

    public OrderState BeginUndo(DateTimeOffset at) => UndoBegun ? this : this with { UndoBegun = true, UndoBegunAt = at };
}

public static class OrderStatus
{
    public const string Accepted = "accepted", AwaitingApproval = "awaiting-approval", Confirmed = "confirmed", Rejected = "rejected",
        Cancelled = "cancelled", Refunded = "refunded", Parked = "parked";

    public static readonly IReadOnlyList<string> All = [Accepted, AwaitingApproval, Confirmed, Rejected, Cancelled, Refunded, Parked];

    public static readonly IReadOnlyList<string> Open = [Accepted, AwaitingApproval, Parked];

    public static bool IsTerminal(string status) => status is Confirmed or Rejected or Cancelled or Refunded;
}

/// <summary>Names of the events in the order's stream; the CloudEvent type is built from them.</summary>
public static class OrderEventNames
{
    public const string Accepted = "accepted", StockReserved = "stock-reserved", StockRejected = "stock-rejected", PaymentAuthorised = "payment-authorised",
        PaymentDeclined = "payment-declined", ApprovalRequested = "approval-requested", Approved = "approved", ApprovalRejected = "approval-rejected",
        PaymentCaptured = "payment-captured", StockConfirmed = "stock-confirmed", Confirmed = "confirmed", StockReleased = "stock-released",
        PaymentVoided = "payment-voided", Rejected = "rejected", Cancelled = "cancelled", Parked = "parked",
        PaymentRefunded = "payment-refunded", StockReturned = "stock-returned", Refunded = "refunded";

    public static string Type(string name) => $"com.daprorders.order.{name}.v1";
}
