using DaprOrders.Contracts;

namespace DaprOrders.Auditor.Reconciliation;

/// <summary>What a finished order must have done to the customer's money, at the provider and in our own ledger.</summary>
internal static class MoneyOf
{
    public static IEnumerable<Finding> Check(AuditedOrder order, IEnumerable<ProviderOperation> operations, PaymentRecord? payment)
    {
        var done = operations.ToList();
        foreach (var twice in done.CountBy(o => o.Operation).Where(pair => pair.Value > 1))
            yield return new Finding("duplicated", order.OrderId, $"the provider carried out {twice.Key} {twice.Value} times");
        if (done.Any(o => o.Amount.Currency != order.Total.Currency))
            yield return Money(order, "the provider was given another currency");

        long Sum(string operation) => done.Where(o => o.Operation == operation).Sum(o => o.Amount.Amount);
        var (authorised, captured, voided, refunded) = (Sum("authorise"), Sum("capture"), done.Any(o => o.Operation == "void"), Sum("refund"));
        var kept = captured - refunded;
        var expected = order.Status == "confirmed" ? order.Total.Amount : 0;
        if (kept != expected) yield return Money(order, $"{order.Status}, but the provider keeps {kept} instead of {expected}");
        if (order.Status is "rejected" or "cancelled" && authorised > 0 && captured == 0 && !voided)
            yield return Money(order, "the authorisation was never voided");

        var (booked, known) = payment is null ? (0, "none") : (payment.Captured - payment.Refunded, payment.Status);
        if (booked != kept) yield return Money(order, $"the payments ledger says {booked} ({known}), the provider {kept}");
    }

    private static Finding Money(AuditedOrder order, string detail) => new("money", order.OrderId, detail);
}
