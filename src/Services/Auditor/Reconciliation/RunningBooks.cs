using DaprOrders.Contracts;

namespace DaprOrders.Auditor.Reconciliation;

/// <summary>
/// What was read of all books so far, and how far: an order that ended and is in order leaves all but a number behind; what is in flight or in doubt stays
/// whole. Pure: whoever follows the books hands in what is new. For one pass at a time.
/// </summary>
internal sealed partial class RunningBooks
{
    private const int MostFindings = 200;
    private readonly Dictionary<string, OrderFacts> watched = [];
    private readonly SettledOrders settled = new();
    private readonly Dictionary<string, SkuBook> shelves = [];
    private List<Finding> findings = [];

    /// <summary>Where to go on in the event store, in the provider's ledger, and in the list of SKUs.</summary>
    public string OrdersAfter { get; set; } = "";

    public long OperationsAfter { get; set; }

    public string SkusAfter { get; set; } = "";

    /// <summary>Since when what happened is not in the books yet.</summary>
    public DateTimeOffset AsOf { get; private set; }

    /// <summary>Something looks wrong that only the next pass can confirm: it may have been on its way.</summary>
    public bool IsInDoubt { get; private set; }

    public void BeginPass(DateTimeOffset now)
    {
        AsOf = now;
        foreach (var facts in watched.Values) facts.IsTooNew = false;
    }

    /// <summary>One that is read when the other books have been read already is too new to be judged by them.</summary>
    public void Add(AuditedOrder order, bool isTooNew)
    {
        if (settled.Find(order.OrderId) is { } before && before.Events == order.Events.Count && Reconcile.Terminals[before.Status] == order.Status) return;
        var facts = FactsOf(order.OrderId);
        (facts.Order, facts.IsTooNew) = (order, isTooNew);
    }

    public void Add(ProviderOperation operation)
    {
        FactsOf(operation.Reference).Add(operation);
        OperationsAfter = Math.Max(OperationsAfter, operation.Position);
    }

    public void Add(string sku, LedgerPage page)
    {
        ShelfOf(sku).Add(page);
        foreach (var entry in page.Items.Where(entry => entry.OrderId is not null)) FactsOf(entry.OrderId!).Movements.Add(new Movement(sku, entry.Kind, entry.Quantity));
    }

    /// <summary>The bus told of an order.</summary>
    public void Heard(string orderId)
    {
        if (settled.Find(orderId) is null) FactsOf(orderId);
    }

    public long PositionOf(string sku) => ShelfOf(sku).Position;

    /// <summary>Orders that ended: their payments are to be read before they are judged.</summary>
    public IReadOnlyList<OrderFacts> Ended => [.. watched.Values.Where(facts => facts.Order is { } order && Reconcile.HasEnded(order))];

    /// <summary>Orders that were settled and are looked at anew: what the provider did is to be read again, and the order itself.</summary>
    public IReadOnlyList<(string OrderId, Settled Before)> Reopened => [.. watched.Where(entry => entry.Value.Reopened is not null).Select(entry => (entry.Key, entry.Value.Reopened!.Value))];

    public void Restore(string orderId, AuditedOrder? order, IEnumerable<ProviderOperation> operations)
    {
        var facts = watched[orderId];
        facts.Order ??= order;
        foreach (var operation in operations) facts.Add(operation);
        if (facts.Order is not null) facts.Movements.InsertRange(0, StockOf.InOrder(facts.Order.Items, Reconcile.Terminals[facts.Reopened!.Value.Status]));
        facts.Reopened = null;
    }

    /// <summary>Judges everything that was read; what is in order is settled.</summary>
    public void EndPass()
    {
        var (found, inDoubt) = (new List<Finding>(), false);
        foreach (var (orderId, facts) in watched)
        {
            if (facts.IsTooNew) continue;
            Finding[] wrong = facts.Order is null ? [Reconcile.Unknown(orderId, facts)] : [.. Reconcile.Judge(facts)];
            if (wrong.Length == 0)
            {
                facts.IsSuspect = false;
                if (facts.Order is { } order && Reconcile.HasEnded(order)) Settle(orderId, order);
                continue;
            }

            if (facts.IsSuspect || facts.Order is null) found.AddRange(wrong);
            else inDoubt = true;
            facts.IsSuspect = true;
        }

        found.AddRange(shelves.Values.SelectMany(shelf => shelf.Findings));
        (findings, IsInDoubt) = (found, inDoubt);
    }

    public Verdict Sum(DateTimeOffset now)
    {
        var known = watched.Values.Where(facts => facts.Order is not null).Select(facts => facts.Order!).ToList();
        var open = known.Where(order => !Reconcile.Terminals.Contains(order.Status)).ToList();
        var terminal = Reconcile.Terminals.Index().ToDictionary(
            status => status.Item, status => settled.CountOf(status.Index) + known.LongCount(order => order.Status == status.Item));
        long Count(string kind) => findings.LongCount(finding => finding.Kind == kind);
        return new Verdict(
            AsOf, settled.Count + known.Count, terminal, open.Count, open.Count == 0 ? 0 : (long)(now - open.Min(order => order.PlacedAt)).TotalSeconds,
            Count("lost"), Count("duplicated"), Count("money"), Count("stock"), open.LongCount(order => order.Status == "parked"),
            findings.Count == 0, [.. findings.Take(MostFindings)]);
    }

    private void Settle(string orderId, AuditedOrder order)
    {
        watched.Remove(orderId);
        settled.Add(orderId, new Settled(order.Position, (byte)Array.IndexOf(Reconcile.Terminals, order.Status), (ushort)order.Events.Count));
    }

    private SkuBook ShelfOf(string sku)
    {
        if (!shelves.TryGetValue(sku, out var shelf)) shelves[sku] = shelf = new SkuBook(sku);
        return shelf;
    }

    private OrderFacts FactsOf(string orderId)
    {
        if (watched.TryGetValue(orderId, out var facts)) return facts;
        facts = new OrderFacts { Reopened = settled.Find(orderId) };
        settled.Remove(orderId);
        return watched[orderId] = facts;
    }
}
