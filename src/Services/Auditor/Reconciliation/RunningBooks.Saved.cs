using DaprOrders.Auditor.Saved;

namespace DaprOrders.Auditor.Reconciliation;

/// <summary>The books as they are kept over a restart. Between two passes, since then they are whole: what was read is in them as far as the positions say.</summary>
internal sealed partial class RunningBooks
{
    public SettledOrders Settled => settled;

    public SavedBooks Save() => new(
        OrdersAfter, OperationsAfter, SkusAfter, AsOf, IsInDoubt,
        [.. watched.Select(entry => new SavedFacts(
            entry.Key, entry.Value.Order, entry.Value.Payment, [.. entry.Value.Operations],
            [.. entry.Value.Movements.Select(movement => new SavedMovement(movement.Sku, movement.Kind, movement.Quantity))], entry.Value.IsSuspect))],
        [.. shelves.Values.Select(shelf => shelf.Save())], [.. settled.Texts], findings);

    /// <summary>Without the settled orders whose ids are numbers: they are added to <see cref="Settled"/>.</summary>
    public static RunningBooks Of(SavedBooks saved)
    {
        var books = new RunningBooks
        {
            OrdersAfter = saved.OrdersAfter, OperationsAfter = saved.OperationsAfter, SkusAfter = saved.SkusAfter, AsOf = saved.AsOf, IsInDoubt = saved.IsInDoubt, findings = [.. saved.Findings],
        };
        foreach (var kept in saved.Watched)
        {
            var facts = new OrderFacts { Order = kept.Order, Payment = kept.Payment, IsSuspect = kept.IsSuspect };
            foreach (var operation in kept.Operations) facts.Add(operation);
            facts.Movements.AddRange(kept.Movements.Select(movement => new Movement(movement.Sku, movement.Kind, movement.Quantity)));
            books.watched.Add(kept.OrderId, facts);
        }

        foreach (var shelf in saved.Shelves) books.shelves.Add(shelf.Sku, SkuBook.Of(shelf));
        foreach (var text in saved.Texts) books.settled.Add(text.OrderId, new Settled(text.Position, text.Status, text.Events));
        return books;
    }
}
