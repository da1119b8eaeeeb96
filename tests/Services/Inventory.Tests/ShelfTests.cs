using DaprOrders.Contracts;
using DaprOrders.Inventory.Stock;
using Xunit;

namespace DaprOrders.Inventory.Tests;

public sealed class ShelfTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
    private readonly Shelf shelf = new();

    [Fact]
    public void Reserving_the_same_order_twice_takes_the_goods_once()
    {
        Restock(10, "a");

        Assert.Equal(StockOutcome.Ok, Do(shelf.Reserve, "o1", 4));
        Assert.Equal(StockOutcome.Ok, Do(shelf.Reserve, "o1", 4));

        Assert.Equal((6, 4, 0), Level());
    }

    [Fact]
    public void More_than_is_there_is_refused_and_changes_nothing()
    {
        Restock(3, "a");

        Assert.Equal(StockOutcome.OutOfStock, Do(shelf.Reserve, "o1", 4));

        Assert.Equal((3, 0, 0), Level());
    }

    [Fact]
    public void A_reservation_that_comes_after_its_release_is_refused()
    {
        Restock(10, "a");

        Assert.Equal(StockOutcome.Nothing, Do(shelf.Release, "o1", 4));
        Assert.Equal(StockOutcome.Released, Do(shelf.Reserve, "o1", 4));

        Assert.Equal((10, 0, 0), Level());
    }

    [Fact]
    public void A_sale_that_comes_back_is_available_again_once()
    {
        Restock(10, "a");
        Do(shelf.Reserve, "o1", 4);
        Do(shelf.Confirm, "o1", 4);

        Do(shelf.Return, "o1", 4);
        Do(shelf.Return, "o1", 4);

        Assert.Equal((10, 0, 0), Level());
    }

    [Fact]
    public void Restocking_with_the_same_key_fills_the_shelf_once()
    {
        Restock(10, "a");
        Restock(10, "a");

        Assert.Equal((10, 0, 0), Level());
    }

    [Fact]
    public void Whatever_comes_in_whatever_order_nothing_is_oversold_and_the_ledger_gives_the_same_shelf_again()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var ledger = new List<StoredEntry>();
        var acts = new Func<StockItem, DateTimeOffset, (string Outcome, StoredEntry? Entry)>[] { shelf.Reserve, shelf.Reserve, shelf.Confirm, shelf.Release, shelf.Return };

        for (var i = 0; i < 5000; i++)
        {
            var entry = random.Next(20) == 0
                ? shelf.Restock(new RestockStock(random.Next(1, 50), $"k{random.Next(100)}"), Now)
                : acts[random.Next(acts.Length)](new StockItem($"o{random.Next(300)}", random.Next(1, 9)), Now).Entry;
            if (entry is null) continue;
            shelf.Apply(entry);
            ledger.Add(entry);
            Assert.True(shelf.Available >= 0 && shelf.Reserved >= 0 && shelf.Confirmed >= 0, $"seed {seed}, step {i}: {Level()}");
        }

        var again = new Shelf();
        foreach (var entry in ledger) again.Apply(entry);
        Assert.Equal(Level(), (again.Available, again.Reserved, again.Confirmed));
        var added = ledger.Where(e => e.Kind == "restock").Sum(e => e.Quantity);
        Assert.True(added == shelf.Available + shelf.Reserved + shelf.Confirmed, $"seed {seed}: {added} came, {Level()} is there");
    }

    private (long Available, long Reserved, long Confirmed) Level() => (shelf.Available, shelf.Reserved, shelf.Confirmed);

    private void Restock(int quantity, string key)
    {
        if (shelf.Restock(new RestockStock(quantity, key), Now) is { } entry) shelf.Apply(entry);
    }

    private string Do(Func<StockItem, DateTimeOffset, (string Outcome, StoredEntry? Entry)> act, string order, int quantity)
    {
        var (outcome, entry) = act(new StockItem(order, quantity), Now);
        if (entry is not null) shelf.Apply(entry);
        return outcome;
    }
}
