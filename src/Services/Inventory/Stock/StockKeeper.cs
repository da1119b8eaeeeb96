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

    Task<RestockResult> Restock(RestockStock command);

    Task<StockLevel> Level();

    Task<LedgerPage> Ledger(LedgerQuery query);
}

/// <summary>One SKU. What a turn decides is durable before it answers; a turn that cannot be saved leaves the shelf wrong, so the next one reads it again.</summary>
[Actor(TypeName = StockActor.Type)]
internal sealed class StockKeeper(ActorHost host, TimeProvider time) : Actor(host), IStock
{
    private const int CommandsATransaction = 90; // one write each, the head and two pages: the smallest store takes 100
    private const int LongestPage = 2000;        // the SKU's orders wait while its ledger is read
    private ShelfStore? store;

    private ShelfStore Store => store ?? throw new InvalidOperationException("The shelf is read before every turn.");

    public Task<StockResults> Reserve(StockBatch batch) => EachAsync(batch, Store.Shelf.Reserve);

    public Task<StockResults> Confirm(StockBatch batch) => EachAsync(batch, Store.Shelf.Confirm);

    public Task<StockResults> Release(StockBatch batch) => EachAsync(batch, Store.Shelf.Release);

    public Task<StockResults> Return(StockBatch batch) => EachAsync(batch, Store.Shelf.Return);

    public async Task<RestockResult> Restock(RestockStock command)
    {
        if (await Store.Restocks.FindAsync(command.Key) is { } before) return new RestockResult(before, IsReplay: true);
        var now = time.GetUtcNow();
        await Store.AppendAsync(Store.Shelf.Restock(command.Quantity, now));
        var done = new Restocked(Store.Shelf.Available, command.BodyHash, command.Product);
        await Store.Restocks.NoteAsync(command.Key, done, now);
        await Store.SaveAsync();
        return new RestockResult(done, IsReplay: false);
    }

    public Task<StockLevel> Level() => Task.FromResult(Now());

    public async Task<LedgerPage> Ledger(LedgerQuery query)
    {
        var page = await Store.EntriesAsync(query.After, Math.Clamp(query.Limit, 1, LongestPage));
        var last = page.Count == 0 ? Store.Shelf.Position : page[^1].Position;
        var shown = page.Where(entry => entry.Quantity > 0).Select(e => new LedgerEntry(e.Position, e.At, e.Kind, e.Quantity, e.OrderId)).ToList();
        return last < Store.Shelf.Position ? new LedgerPage(shown, last) : new LedgerPage(shown, null, Now());
    }

    protected override async Task OnPreActorMethodAsync(ActorMethodContext actorMethodContext) => store ??= await ShelfStore.LoadAsync(StateManager);

    protected override Task OnActorMethodFailedAsync(ActorMethodContext actorMethodContext, Exception e)
    {
        store = null;
        return StateManager.ClearCacheAsync();
    }

    private StockLevel Now() => new(Id.GetId(), Store.Shelf.Available, Store.Shelf.Reserved, Store.Shelf.Confirmed, Store.Shelf.Position);

    private async Task<StockResults> EachAsync(StockBatch batch, Func<StockItem, OrderTrace, DateTimeOffset, Decision> decide)
    {
        var (now, outcomes) = (time.GetUtcNow(), new List<string>(batch.Items.Count));
        foreach (var part in batch.Items.Chunk(CommandsATransaction))
        {
            var isChanged = false;
            foreach (var item in part)
            {
                var (outcome, trace, entry) = decide(item, await Store.TraceOfAsync(item.OrderId), now);
                outcomes.Add(outcome);
                if (trace is null) continue;
                await Store.NoteAsync(item.OrderId, trace.Value);
                if (entry is not null) await Store.AppendAsync(entry);
                isChanged = true;
            }

            if (isChanged) await Store.SaveAsync();
        }

        return new StockResults(outcomes);
    }
}
