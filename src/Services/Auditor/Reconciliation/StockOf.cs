using DaprOrders.Contracts;

namespace DaprOrders.Auditor.Reconciliation;

/// <summary>What a finished order must have done to the shelves.</summary>
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

    /// <summary>What an order that is in order has moved; of one that was undone nothing is left to tell.</summary>
    public static IEnumerable<Movement> InOrder(IReadOnlyList<StockLine> items, string status)
    {
        string[] kinds = status switch { "confirmed" => ["reserve", "confirm"], "refunded" => ["reserve", "confirm", "return"], _ => [] };
        return items.SelectMany(item => kinds.Select(kind => new Movement(item.Sku, kind, item.Quantity)));
    }
}
