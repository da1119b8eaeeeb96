using System.Text.Json;
using Dapr.Actors.Runtime;
using DaprOrders.Contracts;

namespace DaprOrders.Inventory.Stock;

/// <summary>
/// The first version kept the whole ledger in pages "ledger-{n}" and nothing else. Its full pages stay as they are; what they say of orders and restocks
/// gets keys of its own, in transactions of a bounded size, and the head comes last: a crash before it begins again and comes to the same.
/// </summary>
internal static class FirstVersion
{
    private const int WritesAtATime = 90; // the smallest store takes 100 operations a transaction

    public static async Task<ShelfState> MigrateAsync(IActorStateManager state)
    {
        var (head, orders, restocks) = (ShelfState.Empty, new Dictionary<string, OrderTrace>(), new List<(string Key, StoredEntry Entry, long Available)>());
        for (var page = 0L; ; page++)
        {
            var stored = await state.TryGetStateAsync<JsonElement>(LedgerPages.KeyOf(page));
            if (!stored.HasValue) break;
            var entries = LedgerPages.Read(stored.Value, page);
            var shelf = new Shelf(head.Available, head.Reserved, head.Confirmed, head.Position);
            foreach (var (entry, item) in entries.Zip(stored.Value.EnumerateArray()))
            {
                shelf.Apply(entry);
                if (entry.OrderId is not null) orders[entry.OrderId] = After(entry, orders.GetValueOrDefault(entry.OrderId));
                if (LedgerPages.RestockKeyOf(item) is { } key) restocks.Add((key, entry, shelf.Available));
            }

            head = head with
            {
                Available = shelf.Available, Reserved = shelf.Reserved, Confirmed = shelf.Confirmed, Position = shelf.Position,
                Tail = entries.Count < LedgerPages.Size ? [.. entries.Select(entry => entry.ToString())] : [],
            };
            await state.ClearCacheAsync();
        }

        if (head.Position == 0) return head;
        head = head with { GreatestOrder = orders.Keys.Aggregate("", RecentOrders.Greater), NextRestock = restocks.Count };
        await WriteAsync(state, orders.Select(order => (ShelfStore.KeyOf(order.Key), (object)order.Value.ToString())).Concat(Keys(restocks)));
        await state.SetStateAsync(ShelfStore.HeadKey, head);
        await state.SaveStateAsync();
        return head;
    }

    /// <summary>A restock of the first version is known by its key alone; what it was answered lies elsewhere.</summary>
    private static IEnumerable<(string Key, object Value)> Keys(List<(string Key, StoredEntry Entry, long Available)> restocks) => restocks.SelectMany((restock, i) => new (string, object)[]
    {
        (restock.Key, new Restocked(restock.Available, "", null)), (RestockKeys.MarkOf(i), new RestockKeys.Mark(restock.Key, restock.Entry.At)),
    });

    private static async Task WriteAsync(IActorStateManager state, IEnumerable<(string Key, object Value)> values)
    {
        foreach (var chunk in values.Chunk(WritesAtATime))
        {
            foreach (var (key, value) in chunk) await state.SetStateAsync(key, value);
            await state.SaveStateAsync();
            await state.ClearCacheAsync();
        }
    }

    private static OrderTrace After(StoredEntry entry, OrderTrace before) => entry.Kind switch
    {
        "reserve" => new(Deed.Reserved, entry.Quantity),
        "confirm" => new(Deed.Confirmed, entry.Quantity),
        "release" => new(Deed.Released, entry.Quantity),
        "return" => new(Deed.Returned, entry.Quantity),
        _ => before.Deed == Deed.None ? new(Deed.Refused, 0) : before,
    };
}
