namespace DaprOrders.Auditor.Reconciliation;

/// <summary>The answer of GET /audit and POST /audit/run. Accepted = Σ terminal + in flight; parked orders are in flight.</summary>
public sealed record Verdict(
    DateTimeOffset AsOf, long Accepted, IReadOnlyDictionary<string, long> Terminal, long InFlight, long OldestInFlightSeconds,
    long Lost, long Duplicated, long MoneyMismatch, long StockMismatch, long Parked, bool Consistent, IReadOnlyList<Finding> Findings);

/// <summary>Kind: lost, duplicated, money, stock.</summary>
public sealed record Finding(string Kind, string? OrderId, string Detail);
