using System.Text.Json;
using Dapr.Actors.Runtime;

namespace DaprOrders.Inventory.Stock;

/// <summary>
/// How a SKU lies in its actor's state, in values of bounded size:
/// <code>
/// shelf             the level, and the ledger's last entries, less than a page        written with every turn
/// ledger-{n}        a full page of the ledger                                          written once
/// order-{id}        what the order did here                                            written when it changes, read when it is not remembered
/// restock-{hash}, restock-at-{n}   see <see cref="RestockKeys"/>
/// </code>
/// A turn writes what it changed in one transaction; nothing that it reads or writes grows with the ledger.
/// </summary>
internal sealed class ShelfStore(IActorStateManager state, ShelfState head)
{
    public const string HeadKey = "shelf";
    private readonly List<string> tail = [.. head.Tail];
    private readonly RecentOrders recent = new(head.GreatestOrder);
    private string greatestOrder = head.GreatestOrder;

    public Shelf Shelf { get; } = new(head.Available, head.Reserved, head.Confirmed, head.Position);

    public RestockKeys Restocks { get; } = new(state, head.FirstRestock, head.NextRestock);

    public static async Task<ShelfStore> LoadAsync(IActorStateManager state)
    {
        var stored = await state.TryGetStateAsync<ShelfState>(HeadKey);
        var head = stored.HasValue ? stored.Value : await FirstVersion.MigrateAsync(state);
        await state.ClearCacheAsync();
        return new ShelfStore(state, head);
    }

    public static string KeyOf(string orderId) => $"order-{orderId}";

    public async ValueTask<OrderTrace> TraceOfAsync(string orderId)
    {
        if (recent.Find(orderId) is { } known) return known;
        var stored = await state.TryGetStateAsync<string>(KeyOf(orderId));
        var trace = stored.HasValue ? OrderTrace.Parse(stored.Value) : default;
        recent.Remember(orderId, trace);
        return trace;
    }

    public async Task NoteAsync(string orderId, OrderTrace trace)
    {
        recent.Remember(orderId, trace);
        greatestOrder = RecentOrders.Greater(greatestOrder, orderId);
        await state.SetStateAsync(KeyOf(orderId), trace.ToString());
    }

    public async Task AppendAsync(StoredEntry entry)
    {
        Shelf.Apply(entry);
        tail.Add(entry.ToString());
        if (tail.Count < LedgerPages.Size) return;
        await state.SetStateAsync(LedgerPages.KeyOf((entry.Position - 1) / LedgerPages.Size), tail.ToArray());
        tail.Clear();
    }

    /// <summary>Durable when it returns. The state manager would keep what was written for ever, and look at it in every turn.</summary>
    public async Task SaveAsync()
    {
        await state.SetStateAsync(HeadKey, new ShelfState(
            Shelf.Available, Shelf.Reserved, Shelf.Confirmed, Shelf.Position, greatestOrder, [.. tail], Restocks.First, Restocks.Next));
        await state.SaveStateAsync();
        await state.ClearCacheAsync();
    }

    /// <summary>Entries after this position, oldest first.</summary>
    public async Task<IReadOnlyList<StoredEntry>> EntriesAsync(long after, int limit)
    {
        var found = new List<StoredEntry>();
        var first = Math.Clamp(after, 0, Shelf.Position);
        for (var page = first / LedgerPages.Size; found.Count < limit && page * LedgerPages.Size < Shelf.Position; page++)
            found.AddRange((await PageAsync(page)).Where(entry => entry.Position > first).Take(limit - found.Count));
        await state.ClearCacheAsync();
        return found;
    }

    private async Task<IEnumerable<StoredEntry>> PageAsync(long page)
    {
        var inTail = page * LedgerPages.Size == Shelf.Position - tail.Count;
        return inTail
            ? tail.Select((text, i) => StoredEntry.Parse(text, (page * LedgerPages.Size) + i + 1))
            : LedgerPages.Read(await state.GetStateAsync<JsonElement>(LedgerPages.KeyOf(page)), page);
    }
}

/// <summary>GreatestOrder: no order id above it was ever here. Restocks: the numbers of their keys that are kept.</summary>
internal sealed record ShelfState(
    long Available, long Reserved, long Confirmed, long Position, string GreatestOrder, IReadOnlyList<string> Tail, long FirstRestock, long NextRestock)
{
    public static readonly ShelfState Empty = new(0, 0, 0, 0, "", [], 0, 0);
}
