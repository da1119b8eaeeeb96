namespace DaprOrders.Contracts;

/// <summary>
/// Payments, invoked through Dapr: <c>POST /payments/{authorise|capture|void|refund}</c> with a <see cref="PaymentBatch"/>. Every item is idempotent by
/// Key ("{orderId}/{step}") and answered for itself: the answer is lines of <see cref="PaymentResults"/> (NDJSON), each sent when its outcomes are known.
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

/// <summary>Payments, <c>POST /internal/payments</c>, for the Auditor: the records of these orders (at most 1,000); one without a payment is left out.</summary>
public sealed record PaymentsQuery(IReadOnlyList<string> OrderIds);

public sealed record PaymentRecords(IReadOnlyList<PaymentRecord> Items);

/// <summary>Status as api.md "payment.status"; Amounts in minor units of Currency.</summary>
public sealed record PaymentRecord(string OrderId, string Status, string Currency, long Authorised, long Captured, long Refunded);

/// <summary>The provider's <c>GET /ledger?after=&amp;limit=</c>: every operation that took effect or was declined, once.</summary>
public sealed record ProviderLedger(IReadOnlyList<ProviderOperation> Operations, long? Next);

/// <summary>Operation: authorise, capture, void, refund; Status: succeeded, declined. Reference is the order id.</summary>
public sealed record ProviderOperation(long Position, string Operation, string Reference, Money Amount, string Status, DateTimeOffset At);
