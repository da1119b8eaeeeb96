using DaprOrders.Auditor.Saved;

namespace DaprOrders.Auditor.Reconciliation;

/// <summary>An order whose books were found in order: its place in the event store, its end, and how many events it had.</summary>
internal readonly record struct Settled(long Position, byte Status, ushort Events);

/// <summary>The settled orders, some 50 bytes each, by the number that an order id is; ids of another form are kept as text.</summary>
internal sealed class SettledOrders
{
    private readonly Dictionary<Guid, Settled> numbers = [];
    private readonly Dictionary<string, Settled> texts = [];
    private readonly long[] byStatus = new long[Reconcile.Terminals.Length];
    private List<SettledChange>? journal;

    public int Count => numbers.Count + texts.Count;

    public long CountOf(int status) => byStatus[status];

    public IEnumerable<SavedText> Texts => texts.Select(entry => new SavedText(entry.Key, entry.Value.Position, entry.Value.Status, entry.Value.Events));

    /// <summary>All whose ids are numbers.</summary>
    public IEnumerable<SettledChange> All => numbers.Select(entry => new SettledChange(entry.Key, entry.Value));

    /// <summary>Null until <see cref="BeginJournal"/>; from then on what changed since.</summary>
    public IReadOnlyList<SettledChange>? Journal => journal;

    /// <summary>The one that was accepted last.</summary>
    public (string OrderId, long Position)? Newest => Count == 0 ? null
        : numbers.Select(entry => (OrderId: entry.Key.ToString("N"), entry.Value.Position)).Concat(texts.Select(entry => (OrderId: entry.Key, entry.Value.Position))).MaxBy(entry => entry.Position);

    public void BeginJournal() => journal = [];

    public void Add(string orderId, Settled settled)
    {
        byStatus[settled.Status]++;
        if (Guid.TryParseExact(orderId, "N", out var number))
        {
            numbers.Add(number, settled);
            journal?.Add(new SettledChange(number, settled));
        }
        else
        {
            texts.Add(orderId, settled);
        }
    }

    /// <summary>What was written of them, in its order.</summary>
    public void Restore(IReadOnlyList<SettledChange> changes)
    {
        foreach (var (number, settled) in changes)
        {
            if (numbers.Remove(number, out var before)) byStatus[before.Status]--;
            if (settled is not { } kept) continue;
            numbers.Add(number, kept);
            byStatus[kept.Status]++;
        }
    }

    public Settled? Find(string orderId) =>
        Guid.TryParseExact(orderId, "N", out var number) ? numbers.TryGetValue(number, out var found) ? found : null
        : texts.TryGetValue(orderId, out found) ? found
        : null;

    public void Remove(string orderId)
    {
        if (Find(orderId) is not { } settled) return;
        byStatus[settled.Status]--;
        if (Guid.TryParseExact(orderId, "N", out var number))
        {
            numbers.Remove(number);
            journal?.Add(new SettledChange(number, null));
        }
        else
        {
            texts.Remove(orderId);
        }
    }
}
