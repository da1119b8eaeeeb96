using DaprOrders.Inventory.Stock;
using Xunit;

namespace DaprOrders.Inventory.Tests;

public sealed class RecentOrdersTests
{
    [Fact]
    public void Whatever_is_forgotten_must_be_looked_up_and_nothing_else_once_ids_grow()
    {
        var recent = new RecentOrders("00050", generation: 10);
        var seen = new HashSet<string>();

        for (var i = 51; i < 200; i++)
        {
            Assert.Equal(default(OrderTrace), recent.Find($"{i:d5}"));
            recent.Remember($"{i:d5}", new OrderTrace(Deed.Reserved, 1));
            seen.Add($"{i:d5}");
        }

        Assert.Null(recent.Find("00050"));
        foreach (var id in seen)
        {
            var found = recent.Find(id);
            Assert.True(found is null || found.Value.Deed == Deed.Reserved, $"{id} was here and is taken for new");
        }

        Assert.InRange(seen.Count(id => recent.Find(id) is not null), 10, 20);
    }

    [Fact]
    public void Ids_in_no_order_are_never_taken_for_new()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var recent = new RecentOrders("", generation: 16);
        var seen = new HashSet<string>();

        for (var i = 0; i < 5000; i++)
        {
            var id = $"{random.Next(2000)}";
            Assert.True(recent.Find(id) is not { Deed: Deed.None } || !seen.Contains(id), $"seed {seed}: {id} was here and is taken for new");
            recent.Remember(id, new OrderTrace(Deed.Confirmed, 1));
            seen.Add(id);
        }
    }
}
