using DaprOrders.Auditor.Saved;
using DaprOrders.Contracts;

namespace DaprOrders.Auditor.Reconciliation;

/// <summary>A SKU's ledger as far as it was read, and what it adds up to.</summary>
internal sealed class SkuBook(string sku)
{
    private Finding[] findings = [];

    public long Position { get; private set; }

    public IReadOnlyList<Finding> Findings => findings;

    private long Available { get; set; }

    public SavedShelf Save() => new(sku, Position, Available, findings);

    public static SkuBook Of(SavedShelf saved) => new(saved.Sku) { Position = saved.Position, Available = saved.Available, findings = [.. saved.Findings] };

    public void Add(LedgerPage page)
    {
        foreach (var entry in page.Items)
        {
            Available += entry.Kind switch { "restock" or "return" or "release" => entry.Quantity, "reserve" => -entry.Quantity, _ => 0 };
            Position = entry.Position;
        }

        if (page.Next is { } next) Position = next;
        if (page.Level is not { } level) return;
        Position = level.Position;
        findings = [.. Check(level)];
    }

    private IEnumerable<Finding> Check(StockLevel level)
    {
        if (level.Available < 0) yield return new Finding("stock", null, $"{sku}: available is {level.Available}");
        if (level.Available != Available) yield return new Finding("stock", null, $"{sku}: available is {level.Available}, its ledger says {Available}");
    }
}
