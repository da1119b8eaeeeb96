namespace DaprOrders.Auditor.Reconciliation;

/// <summary>An order whose books were found in order: its place in the event store, its end, and how many events it had.</summary>
internal readonly record struct Settled(long Position, byte Status, ushort Events);

/// <summary>The settled orders, some 50 bytes each, by the number that an order id is; ids of another form are kept as text.</summary>
internal sealed class SettledOrders
{
    private readonly Dictionary<Guid, Settled> numbers = [];
    private readonly Dictionary<string, Settled> texts = [];
    private readonly long[] byStatus = new long[Reconcile.Terminals.Length];

    public int Count => numbers.Count + texts.Count;

    public long CountOf(int status) => byStatus[status];

    public void Add(string orderId, Settled settled)
    {
        byStatus[settled.Status]++;
        if (Guid.TryParseExact(orderId, "N", out var number)) numbers.Add(number, settled);
        else texts.Add(orderId, settled);
    }

    public Settled? Find(string orderId) =>
        Guid.TryParseExact(orderId, "N", out var number) ? numbers.TryGetValue(number, out var found) ? found : null
        : texts.TryGetValue(orderId, out found) ? found
        : null;

    public void Remove(string orderId)
    {
        if (Find(orderId) is not { } settled) return;
        byStatus[settled.Status]--;
        if (Guid.TryParseExact(orderId, "N", out var number)) numbers.Remove(number);
        else texts.Remove(orderId);
    }
}
