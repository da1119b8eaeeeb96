using System.Diagnostics;
using System.Text.Json;
using DaprOrders.Services.Support;
using DaprOrders.Shoppers;
using Xunit;

namespace DaprOrders.EndToEnd;

/// <summary>Nothing is lost or done twice, whatever is killed. Every case has a shop of its own.</summary>
public sealed class CrashTests(ITestOutputHelper output, PostgresServer postgres)
{
    private const int Orders = 1000;
    private const int Kills = 3;

    [Theory]
    [InlineData("host")]
    [InlineData("ordering")]
    [InlineData("payments")]
    public async Task A_thousand_orders_end_consistently_while_a_process_is_killed(string target)
    {
        await using var shop = new RunningShop();
        await EndConsistentlyAsync(shop, target);
    }

    [Fact]
    public async Task A_thousand_orders_end_consistently_while_one_of_three_Orderings_on_PostgreSQL_is_killed()
    {
        await using var shop = new RunningShop { Postgres = await postgres.NewDatabaseAsync() };
        await EndConsistentlyAsync(shop, "ordering");
    }

    private async Task EndConsistentlyAsync(RunningShop shop, string target)
    {
        var seed = Environment.GetEnvironmentVariable("DAPRORDERS_TEST_SEED") is { Length: > 0 } given ? int.Parse(given) : Random.Shared.Next();
        output.WriteLine($"seed {seed} (DAPRORDERS_TEST_SEED)");
        await shop.InitializeAsync();
        await shop.Shop.StockShelvesAsync(shop.Operator, 200, TestContext.Current.CancellationToken);

        var tally = new Tally();
        var file = Path.Combine(shop.Data, "orders.jsonl");
        DemoOrders.Write(file, Orders, seed);
        var placing = new Placing(shop.Shop, shop.Customer, $"crash-{seed}", 48, tally).AllAsync(File.ReadAllLines(file), TestContext.Current.CancellationToken);
        var killed = await KillAtRandomAsync(shop, target, new Random(seed), tally, placing);
        await placing.WaitAsync(TimeSpan.FromMinutes(6), TestContext.Current.CancellationToken);

        output.WriteLine($"killed {killed} times; {string.Join(", ", tally.ByStatus)}");
        Assert.True(killed > 0, "nothing was killed while orders were open");
        Assert.Equal(Orders, tally.Accepted);
        Assert.Equal(Orders, tally.ByStatus.Where(s => s.Key is "confirmed" or "rejected").Sum(s => s.Value));
        await AssertConsistentAsync(shop, seed);
    }

    /// <summary>Each kill falls at a random share of the orders that are still to come, so it hits work in flight on fast and slow machines alike.</summary>
    private static async Task<int> KillAtRandomAsync(RunningShop shop, string target, Random random, Tally tally, Task placing)
    {
        var killed = 0;
        var moments = Enumerable.Range(0, Kills).Select(_ => random.Next(20, Orders * 8 / 10)).Order().ToArray();
        foreach (var moment in moments)
        {
            while (Volatile.Read(ref tally.Terminal) < moment && !placing.IsCompleted) await Task.Delay(5);
            while (!placing.IsCompleted && !shop.Kill(target)) await Task.Delay(50);
            if (!placing.IsCompleted) killed++;
        }

        return killed;
    }

    private static async Task AssertConsistentAsync(RunningShop shop, int seed)
    {
        using var answer = await shop.Shop.SendAsync(HttpMethod.Post, "/audit/run", shop.Operator, "{}", null, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var verdict = JsonDocument.Parse(text).RootElement;
        Assert.True(verdict.GetProperty("consistent").GetBoolean(), $"seed {seed}: {text}");
        Assert.Equal(Orders, verdict.GetProperty("accepted").GetInt64());
        Assert.Equal(0, verdict.GetProperty("inFlight").GetInt64());

        var seen = new HashSet<string>();
        await foreach (var order in shop.Shop.OrdersAsync(shop.Operator, status: null, TestContext.Current.CancellationToken))
            Assert.True(seen.Add(order.GetProperty("orderId").GetString()!), "an order stands twice in the list");

        Assert.Equal(Orders, seen.Count);
        foreach (var id in seen.Take(100))
        {
            var events = await shop.Shop.GetAsync($"/orders/{id}/events", shop.Customer, TestContext.Current.CancellationToken);
            var versions = events.GetProperty("items").EnumerateArray().Select(e => e.GetProperty("version").GetInt32()).ToArray();
            Assert.Equal(Enumerable.Range(1, versions.Length), versions);
        }
    }
}
