using DaprOrders.Contracts;

namespace DaprOrders.Auditor.Reconciliation;

/// <summary>All that the books say of one order that is not settled: in flight, or ended and not found in order yet.</summary>
internal sealed class OrderFacts
{
    private readonly SortedDictionary<long, ProviderOperation> operations = [];

    /// <summary>Null while the event store does not know it.</summary>
    public AuditedOrder? Order { get; set; }

    public PaymentRecord? Payment { get; set; }

    public IReadOnlyCollection<ProviderOperation> Operations => operations.Values;

    public List<Movement> Movements { get; } = [];

    /// <summary>It was settled once, and what is known of it is to be read again.</summary>
    public Settled? Reopened { get; set; }

    /// <summary>Read after the other books: to be judged by the next pass.</summary>
    public bool IsTooNew { get; set; }

    /// <summary>What the pass before this one found; it counts when the next one finds something too.</summary>
    public bool IsSuspect { get; set; }

    /// <summary>The same operation again is no second one: its place in the provider's ledger tells.</summary>
    public void Add(ProviderOperation operation)
    {
        if (operation.Status == "succeeded") operations[operation.Position] = operation;
    }
}

/// <summary>One line of a SKU's ledger that names an order.</summary>
internal readonly record struct Movement(string Sku, string Kind, long Quantity);
