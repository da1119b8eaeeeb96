using DaprOrders.Contracts;

namespace DaprOrders.Auditor.Reconciliation;

/// <summary>
/// Orders × payments × provider × stock, one order at a time. Pure: facts in, findings out. An order is judged when it has ended, since only then its
/// effects are promised to be whole.
/// </summary>
internal static class Reconcile
{
    public static readonly string[] Terminals = ["confirmed", "rejected", "cancelled", "refunded"];
    private static readonly string[] ConfirmedSteps = ["accepted", "stock-reserved", "payment-authorised", "payment-captured", "stock-confirmed", "confirmed"];

    public static IEnumerable<Finding> Judge(OrderFacts facts)
    {
        var order = facts.Order!;
        foreach (var finding in Repeated(order)) yield return finding;
        if (!HasEnded(order)) yield break;
        foreach (var finding in Missing(order).Concat(MoneyOf.Check(order, facts.Operations, facts.Payment)).Concat(StockOf.Check(order, facts.Movements))) yield return finding;
    }

    /// <summary>What stands in a book must belong to an order that was accepted.</summary>
    public static Finding Unknown(string orderId, OrderFacts facts) => new("lost", orderId,
        facts.Operations.Count > 0 ? "the provider knows this order, the event store does not"
        : facts.Movements.Count > 0 ? "stock moved for this order, the event store does not know it"
        : "the bus told of this order, the event store does not know it");

    /// <summary>A refund that is under way leaves the order confirmed until its last step.</summary>
    public static bool HasEnded(AuditedOrder order) =>
        Terminals.Contains(order.Status) && !(order.Status == "confirmed" && order.Events.Contains("payment-refunded"));

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
}
