namespace DaprOrders.Contracts;

/// <summary>
/// Payments, invoked through Dapr: <c>POST /payments/{authorise|capture|void|refund}</c> with a <see cref="PaymentBatch"/>. Every item is idempotent by
/// Key ("{orderId}/{step}") and answered for itself; a batch never fails as a whole because of one item.
/// </summary>
public sealed record PaymentBatch(IReadOnlyList<PaymentCommand> Items);

/// <summary>Token is only there for authorise. It is never logged, traced or published.</summary>
public sealed record PaymentCommand(string OrderId, string Key, Money Amount, string? Token);

public sealed record PaymentResults(IReadOnlyList<PaymentOutcome> Items);

/// <summary>
/// Status: "authorised", "captured", "voided", "refunded", "declined"; "unavailable" = no effect is certain yet, ask again with the same key;
/// "nothing" = there was nothing to void or refund (and a later authorise of the order will be refused as "declined").
/// </summary>
public sealed record PaymentOutcome(string OrderId, string Status, string? Reference);

/// <summary><c>GET /internal/payments?after=&amp;limit=</c> (limit at most 10,000): the state of every payment, by first change, for the Auditor.</summary>
public sealed record PaymentsPage(IReadOnlyList<PaymentRecord> Items, long? Next);

/// <summary>Status as api.md "payment.status"; Amounts in minor units of Currency.</summary>
public sealed record PaymentRecord(long Position, string OrderId, string Status, string Currency, long Authorised, long Captured, long Refunded);

/// <summary>The provider's <c>GET /ledger?after=&amp;limit=</c>: every operation that took effect or was declined, once.</summary>
public sealed record ProviderLedger(IReadOnlyList<ProviderOperation> Operations, long? Next);

/// <summary>Operation: authorise, capture, void, refund; Status: succeeded, declined. Reference is the order id.</summary>
public sealed record ProviderOperation(long Position, string Operation, string Reference, Money Amount, string Status, DateTimeOffset At);
