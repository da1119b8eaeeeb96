using DaprOrders.Contracts;

namespace DaprOrders.Auditor.Reconciliation;

/// <summary>Everything the reconciliation compares. Level is null for a SKU that moved while it was read.</summary>
internal sealed record Books(
    IReadOnlyList<AuditedOrder> Orders, IReadOnlyList<PaymentRecord> Payments, IReadOnlyList<ProviderOperation> Operations, IReadOnlyList<SkuBook> Stock);

internal sealed record SkuBook(string Sku, StockLevel? Level, IReadOnlyList<LedgerEntry> Ledger);
