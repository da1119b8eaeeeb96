using DaprOrders.Contracts;

namespace DaprOrders.Auditor.Reconciliation;

/// <summary>What a finished order must have done to the shelves, and what every SKU's ledger must add up to.</summary>
internal static class StockOf
{
    public static IEnumerable<Finding> Check(AuditedOrder order, IEnumerable<Movement> movements)
    {
        var done = movements.ToList();
        foreach (var twice in done.CountBy(m => (m.Sku, m.Kind)).Where(pair => pair.Value > 1))
            yield return new Finding("duplicated", order.OrderId, $"{twice.Key.Kind} of {twice.Key.Sku} was booked {twice.Value} times");

        foreach (var sku in done.Select(m => m.Sku).Concat(order.Items.Select(item => item.Sku)).Distinct())
        {
            long Sum(string kind) => done.Where(m => m.Sku == sku && m.Kind == kind).Sum(m => m.Quantity);
            var gone = Sum("reserve") - Sum("release") - Sum("return");
            var wanted = order.Status == "confirmed" ? order.Items.Where(item => item.Sku == sku).Sum(item => item.Quantity) : 0;
            if (gone != wanted) yield return new Finding("stock", order.OrderId, $"{order.Status}, but {gone} of {sku} left the shelf instead of {wanted}");
            if (order.Status == "confirmed" && Sum("confirm") != wanted)
                yield return new Finding("stock", order.OrderId, $"{Sum("confirm")} of {sku} confirmed instead of {wanted}");
        }
    }

    public static IEnumerable<Finding> CheckLevel(SkuBook book)
    {
        if (book.Level is not { } level) yield break;
        long Sum(string kind) => book.Ledger.Where(entry => entry.Kind == kind).Sum(entry => entry.Quantity);
        var available = Sum("restock") + Sum("return") + Sum("release") - Sum("reserve");
        if (level.Available < 0) yield return new Finding("stock", null, $"{book.Sku}: available is {level.Available}");
        if (level.Available != available) yield return new Finding("stock", null, $"{book.Sku}: available is {level.Available}, its ledger says {available}");
    }
}
