using DaprOrders.Contracts;

namespace DaprOrders.Auditor.Reconciliation;

/// <summary>
/// Orders × payments × provider × stock. Pure: books in, verdict out. An order is judged when it is finished, since only then its effects are
/// promised to be whole; what stands in any book must belong to an order that was accepted.
/// </summary>
internal static class Reconcile
{
    private const int MostFindings = 200;
    private static readonly string[] ConfirmedSteps = ["accepted", "stock-reserved", "payment-authorised", "payment-captured", "stock-confirmed", "confirmed"];
    private static readonly string[] Terminals = ["confirmed", "rejected", "cancelled", "refunded"];

    public static Verdict Judge(Books books, DateTimeOffset now)
    {
        var findings = new List<Finding>();
        var orders = books.Orders.ToDictionary(order => order.OrderId);
        var operations = books.Operations.Where(o => o.Status == "succeeded").ToLookup(o => o.Reference);
        var payments = books.Payments.ToDictionary(payment => payment.OrderId);
        var movements = books.Stock.SelectMany(book => book.Ledger.Where(entry => entry.OrderId is not null)
            .Select(entry => (Id: entry.OrderId!, book.Sku, entry.Kind, entry.Quantity))).ToLookup(entry => entry.Id, entry => new Movement(entry.Sku, entry.Kind, entry.Quantity));

        foreach (var order in books.Orders)
        {
            findings.AddRange(Repeated(order));
            if (!Terminals.Contains(order.Status)) continue;
            findings.AddRange(Missing(order));
            findings.AddRange(MoneyOf.Check(order, operations[order.OrderId], payments.GetValueOrDefault(order.OrderId)));
            findings.AddRange(StockOf.Check(order, movements[order.OrderId]));
        }

        findings.AddRange(operations.Where(group => !orders.ContainsKey(group.Key)).Select(g => new Finding("lost", g.Key, "the provider knows this order, the event store does not")));
        findings.AddRange(movements.Where(group => !orders.ContainsKey(group.Key)).Select(g => new Finding("lost", g.Key, "stock moved for this order, the event store does not know it")));
        findings.AddRange(books.Stock.SelectMany(StockOf.CheckLevel));
        return Sum(books.Orders, findings, now);
    }

    private static IEnumerable<Finding> Repeated(AuditedOrder order) =>
        order.Events.CountBy(name => name).Where(pair => pair.Value > 1 && pair.Key is not ("parked" or "stock-released" or "payment-voided"))
            .Select(pair => new Finding("duplicated", order.OrderId, $"event {pair.Key} stands {pair.Value} times in its stream"));

    /// <summary>A finished order's stream ends with its end, and a confirmed one tells every step.</summary>
    private static IEnumerable<Finding> Missing(AuditedOrder order)
    {
        var needed = order.Status == "confirmed" ? ConfirmedSteps : ["accepted"];
        foreach (var name in needed.Except(order.Events)) yield return new Finding("lost", order.OrderId, $"event {name} is missing from its stream");
        if (order.Events is not [.., var last] || last != order.Status) yield return new Finding("lost", order.OrderId, $"its stream does not end with {order.Status}");
    }

    private static Verdict Sum(IReadOnlyList<AuditedOrder> orders, List<Finding> findings, DateTimeOffset now)
    {
        var open = orders.Where(order => !Terminals.Contains(order.Status)).ToList();
        var terminal = Terminals.ToDictionary(status => status, status => orders.LongCount(order => order.Status == status));
        long Count(string kind) => findings.LongCount(finding => finding.Kind == kind);
        return new Verdict(
            now, orders.Count, terminal, open.Count, open.Count == 0 ? 0 : (long)(now - open.Min(order => order.PlacedAt)).TotalSeconds,
            Count("lost"), Count("duplicated"), Count("money"), Count("stock"), open.LongCount(order => order.Status == "parked"),
            findings.Count == 0, [.. findings.Take(MostFindings)]);
    }
}

/// <summary>One line of a SKU's ledger that names an order.</summary>
internal readonly record struct Movement(string Sku, string Kind, long Quantity);
