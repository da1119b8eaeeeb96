using DaprOrders.Contracts;
using DaprOrders.Inventory.Stock;
using Xunit;

namespace DaprOrders.Inventory.Tests;

public sealed class ShelfTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
    private readonly Shelf shelf = new();
    private readonly Dictionary<string, OrderTrace> traces = [];

    [Fact]
    public void Reserving_the_same_order_twice_takes_the_goods_once()
    {
        Restock(10);

        Assert.Equal(StockOutcome.Ok, Do(shelf.Reserve, "o1", 4));
        Assert.Equal(StockOutcome.Ok, Do(shelf.Reserve, "o1", 4));

        Assert.Equal((6, 4, 0), Level());
    }

    [Fact]
    public void More_than_is_there_is_refused_and_changes_nothing()
    {
        Restock(3);

        Assert.Equal(StockOutcome.OutOfStock, Do(shelf.Reserve, "o1", 4));

        Assert.Equal((3, 0, 0), Level());
    }

    [Fact]
    public void A_reservation_that_comes_after_its_release_is_refused()
    {
        Restock(10);

        Assert.Equal(StockOutcome.Nothing, Do(shelf.Release, "o1", 4));
        Assert.Equal(StockOutcome.Released, Do(shelf.Reserve, "o1", 4));

        Assert.Equal((10, 0, 0), Level());
    }

    [Fact]
    public void A_sale_that_comes_back_is_available_again_once()
    {
        Restock(10);
        Do(shelf.Reserve, "o1", 4);
        Do(shelf.Confirm, "o1", 4);

        Do(shelf.Return, "o1", 4);
        Do(shelf.Return, "o1", 4);

        Assert.Equal((10, 0, 0), Level());
    }

    [Fact]
    public void Whatever_comes_in_whatever_order_nothing_is_oversold_and_the_ledger_gives_the_same_shelf_again()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var ledger = new List<StoredEntry>();
        var acts = new[] { shelf.Reserve, shelf.Reserve, shelf.Confirm, shelf.Release, shelf.Return };

        for (var i = 0; i < 5000; i++)
        {
            var (orderId, quantity) = ($"o{random.Next(300)}", random.Next(1, 9));
            var entry = random.Next(20) == 0 ? shelf.Restock(random.Next(1, 50), Now) : Decide(acts[random.Next(acts.Length)], orderId, quantity).Entry;
            if (entry is null) continue;
            shelf.Apply(entry);
            ledger.Add(StoredEntry.Parse(entry.ToString(), entry.Position));
            Assert.True(shelf.Available >= 0 && shelf.Reserved >= 0 && shelf.Confirmed >= 0, $"seed {seed}, step {i}: {Level()}");
        }

        var again = new Shelf();
        foreach (var entry in ledger) again.Apply(entry);
        Assert.Equal(Level(), (again.Available, again.Reserved, again.Confirmed));
        var added = ledger.Where(e => e.Kind == "restock").Sum(e => e.Quantity);
        Assert.True(added == shelf.Available + shelf.Reserved + shelf.Confirmed, $"seed {seed}: {added} came, {Level()} is there");
    }

    private (long Available, long Reserved, long Confirmed) Level() => (shelf.Available, shelf.Reserved, shelf.Confirmed);

    private void Restock(int quantity) => shelf.Apply(shelf.Restock(quantity, Now));

    private string Do(Func<StockItem, OrderTrace, DateTimeOffset, Decision> act, string order, int quantity)
    {
        var decision = Decide(act, order, quantity);
        if (decision.Entry is not null) shelf.Apply(decision.Entry);
        return decision.Outcome;
    }

    private Decision Decide(Func<StockItem, OrderTrace, DateTimeOffset, Decision> act, string order, int quantity)
    {
        var decision = act(new StockItem(order, quantity), traces.GetValueOrDefault(order), Now);
        if (decision.Trace is { } trace) traces[order] = OrderTrace.Parse(trace.ToString());
        return decision;
    }
}
