using Dapr.Actors;
using Dapr.Actors.Runtime;
using DaprOrders.Contracts;

namespace DaprOrders.Inventory.Stock;

/// <summary>The methods are described with their records, in the contracts.</summary>
public interface IStock : IActor
{
    Task<StockResults> Reserve(StockBatch batch);

    Task<StockResults> Confirm(StockBatch batch);

    Task<StockResults> Release(StockBatch batch);

    Task<StockResults> Return(StockBatch batch);

    Task<StockLevel> Restock(RestockStock command);

    Task<StockLevel> Level();

    Task<LedgerPage> Ledger(LedgerQuery query);
}

/// <summary>
/// One SKU. State is the ledger in chunks ("ledger-0", "ledger-1", …), so that a turn writes the last chunk only; the shelf in memory is what the
/// ledger adds up to. A turn that cannot be saved leaves the shelf wrong, so the actor then reads it again.
/// </summary>
[Actor(TypeName = StockActor.Type)]
internal sealed class StockKeeper(ActorHost host, TimeProvider time) : Actor(host), IStock
{
    private const int ChunkSize = 64;
    private Shelf shelf = new();
    private List<StoredEntry> ledger = [];

    protected override async Task OnActivateAsync()
    {
        (shelf, ledger) = (new Shelf(), []);
        for (var chunk = 0; ; chunk++)
        {
            var stored = await StateManager.TryGetStateAsync<List<StoredEntry>>(ChunkName(chunk));
            if (!stored.HasValue) return;
            foreach (var entry in stored.Value)
            {
                shelf.Apply(entry);
                ledger.Add(entry);
            }
        }
    }

    public Task<StockResults> Reserve(StockBatch batch) => EachAsync(batch, shelf.Reserve);

    public Task<StockResults> Confirm(StockBatch batch) => EachAsync(batch, shelf.Confirm);

    public Task<StockResults> Release(StockBatch batch) => EachAsync(batch, shelf.Release);

    public Task<StockResults> Return(StockBatch batch) => EachAsync(batch, shelf.Return);

    public async Task<StockLevel> Restock(RestockStock command)
    {
        if (shelf.Restock(command, time.GetUtcNow()) is { } entry) await AppendAsync([entry]);
        return await Level();
    }

    public Task<StockLevel> Level() => Task.FromResult(new StockLevel(Id.GetId(), shelf.Available, shelf.Reserved, shelf.Confirmed));

    public Task<LedgerPage> Ledger(LedgerQuery query)
    {
        var first = (int)Math.Clamp(query.After, 0, ledger.Count);
        var page = ledger.Skip(first).Take(query.Limit).ToList();
        var shown = page.Where(entry => entry.Quantity > 0).Select(e => new LedgerEntry(e.Position, e.At, e.Kind, e.Quantity, e.OrderId)).ToList();
        return Task.FromResult(new LedgerPage(shown, first + page.Count < ledger.Count ? first + page.Count : null));
    }

    protected override async Task OnActorMethodFailedAsync(ActorMethodContext actorMethodContext, Exception e)
    {
        await StateManager.ClearCacheAsync();
        await OnActivateAsync();
    }

    private async Task<StockResults> EachAsync(StockBatch batch, Func<StockItem, DateTimeOffset, (string Outcome, StoredEntry? Entry)> decide)
    {
        var (now, outcomes, entries) = (time.GetUtcNow(), new List<string>(batch.Items.Count), new List<StoredEntry>());
        foreach (var item in batch.Items)
        {
            var (outcome, entry) = decide(item, now);
            outcomes.Add(outcome);
            if (entry is null) continue;
            shelf.Apply(entry);
            entries.Add(entry);
        }

        if (entries.Count > 0) await StoreAsync(entries);
        return new StockResults(outcomes);
    }

    private async Task AppendAsync(IReadOnlyList<StoredEntry> entries)
    {
        foreach (var entry in entries) shelf.Apply(entry);
        await StoreAsync(entries);
    }

    private async Task StoreAsync(IReadOnlyList<StoredEntry> entries)
    {
        var firstChunk = ledger.Count / ChunkSize;
        ledger.AddRange(entries);
        for (var chunk = firstChunk; chunk * ChunkSize < ledger.Count; chunk++)
            await StateManager.SetStateAsync(ChunkName(chunk), ledger.GetRange(chunk * ChunkSize, Math.Min(ChunkSize, ledger.Count - (chunk * ChunkSize))));
        await SaveStateAsync(); // durable before the turn answers
    }

    private static string ChunkName(int chunk) => $"ledger-{chunk}";
}
