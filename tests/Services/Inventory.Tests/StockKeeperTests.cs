using System.Text.Json;
using DaprOrders.Contracts;
using Xunit;

namespace DaprOrders.Inventory.Tests;

/// <summary>A SKU's actor over its state: bounded turns, however much has happened before.</summary>
public sealed class StockKeeperTests
{
    private const string Restocked = $"POST /products/{RunningInventory.Sku}/restock";
    private const string Prefix = $"{StockActor.Type}/{RunningInventory.Sku}/";

    [Fact]
    public async Task A_turn_of_a_hot_article_with_a_million_entries_reads_nothing_and_writes_a_few_kilobytes()
    {
        await using var inventory = await RunningInventory.StartAsync();
        await BookAMillionAsync(inventory);
        Assert.Equal(["ok"], await inventory.ReserveAsync((Order(1_000_000), 2))); // the first touch reads the head
        inventory.State.CountAnew();

        for (var i = 1; i <= 100; i++) Assert.Equal(["ok"], await inventory.ReserveAsync((Order(1_000_000 + i), 2)));
        for (var i = 1; i <= 100; i++) Assert.Equal(["ok"], await inventory.BatchAsync(StockActor.Confirm, (Order(1_000_000 + i), 2)));

        Assert.Equal(0, inventory.State.Reads);
        Assert.Equal(200, inventory.State.Transactions);
        Assert.InRange(inventory.State.Operations, 400, 404);
        Assert.InRange(inventory.State.BytesWritten / 200, 500, 3500);
        Assert.Equal(1_000_201, (await inventory.LevelAsync()).Position);
    }

    [Fact]
    public async Task An_order_from_long_ago_costs_one_read_and_is_known()
    {
        await using var inventory = await RunningInventory.StartAsync();
        inventory.State.Values[$"{Prefix}order-{Order(3)}"] = "\"c2\""u8.ToArray();
        await BookAMillionAsync(inventory);
        await inventory.LevelAsync();
        inventory.State.CountAnew();

        Assert.Equal(["ok"], await inventory.BatchAsync(StockActor.Return, (Order(3), 2)));
        Assert.Equal(["ok"], await inventory.BatchAsync(StockActor.Return, (Order(3), 2)));

        Assert.Equal(1, inventory.State.Reads);
        Assert.Equal(1, inventory.State.Transactions);
        Assert.Equal(["nothing"], await inventory.BatchAsync(StockActor.Return, (Order(5), 2)));
    }

    [Fact]
    public async Task The_ledger_is_paged_from_its_first_entry_to_its_last_whatever_the_page()
    {
        await using var inventory = await RunningInventory.StartAsync();
        await inventory.AskAsync(Restocked, """{"quantity":1000}""", "a");
        for (var i = 0; i < 20; i++) await inventory.ReserveAsync([.. Enumerable.Range(i * 10, 10).Select(o => (Order(o), 1))]);
        await inventory.RestartAsync();

        foreach (var limit in new[] { 1, 7, 64, 200 })
        {
            var ledger = await inventory.LedgerAsync(limit);
            Assert.Equal(201, ledger.Count);
            Assert.Equal("restock", ledger[0]["kind"]!.ToString());
            Assert.Equal(Enumerable.Range(0, 200).Select(Order), ledger.Skip(1).Select(entry => entry["orderId"]!.ToString()));
        }
    }

    [Fact]
    public async Task A_large_batch_stays_within_what_the_smallest_store_takes_in_one_transaction()
    {
        await using var inventory = await RunningInventory.StartAsync();
        await inventory.AskAsync(Restocked, """{"quantity":1000}""", "a");
        inventory.State.CountAnew();

        var outcomes = await inventory.ReserveAsync([.. Enumerable.Range(0, 500).Select(o => (Order(o), 1))]);

        Assert.All(outcomes, outcome => Assert.Equal("ok", outcome));
        Assert.InRange(inventory.State.LargestTransaction, 1, 100);
        Assert.Equal((500, 500), ((await inventory.LevelAsync()).Available, (await inventory.LevelAsync()).Reserved));
    }

    [Fact]
    public async Task A_turn_that_could_not_be_saved_leaves_no_trace_even_when_the_store_stays_away_for_a_while()
    {
        await using var inventory = await RunningInventory.StartAsync();
        await inventory.AskAsync(Restocked, """{"quantity":10}""", "a");
        inventory.State.Refuse = () => true;
        for (var i = 0; i < 3; i++)
        {
            using var failed = await inventory.TurnAsync(StockActor.Reserve, new StockBatch([new StockItem(Order(1), 4)]));
            Assert.False(failed.IsSuccessStatusCode);
        }

        inventory.State.Refuse = () => false;
        Assert.Equal((10, 0), ((await inventory.LevelAsync()).Available, (await inventory.LevelAsync()).Reserved));
        Assert.Equal(["ok"], await inventory.ReserveAsync((Order(1), 4)));
        Assert.Equal(6, (await inventory.LevelAsync()).Available);
    }

    [Fact]
    public async Task A_restock_whose_answer_was_lost_fills_the_shelf_once_and_its_key_gets_the_first_answer()
    {
        await using var inventory = await RunningInventory.StartAsync();
        var (_, first, _) = await inventory.AskAsync(Restocked, """{"quantity":10}""", "a");
        await inventory.RestartAsync();
        await inventory.ReserveAsync((Order(1), 4));
        await inventory.AskAsync($"PUT /products/{RunningInventory.Sku}", """{"name":"Black tea","price":{"amount":1,"currency":"EUR"}}""");

        var (status, again, answer) = await inventory.AskAsync(Restocked, """{"quantity":10}""", "a");
        var (reused, _, _) = await inventory.AskAsync(Restocked, """{"quantity":11}""", "a");

        Assert.Equal((200, first), (status, again));
        Assert.Equal("true", Assert.Single(answer.Headers.GetValues("Idempotency-Replayed")));
        Assert.Equal(422, reused);
        Assert.Equal(6, (await inventory.LevelAsync()).Available);
    }

    [Fact]
    public async Task A_restock_that_could_not_be_saved_leaves_its_key_free()
    {
        await using var inventory = await RunningInventory.StartAsync();
        inventory.State.Refuse = () => true;
        var (failed, _, _) = await inventory.AskAsync(Restocked, """{"quantity":10}""", "a");
        inventory.State.Refuse = () => false;

        var (status, _, answer) = await inventory.AskAsync(Restocked, """{"quantity":11}""", "a");

        Assert.True(failed >= 500);
        Assert.Equal(200, status);
        Assert.False(answer.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(11, (await inventory.LevelAsync()).Available);
    }

    [Fact]
    public async Task The_state_of_the_first_version_is_taken_over_at_the_first_touch()
    {
        await using var inventory = await RunningInventory.StartAsync();
        var entries = await BookInTheFirstVersionAsync(inventory, orders: 150);

        var level = await inventory.LevelAsync();
        await inventory.RestartAsync();

        Assert.Equal((1000 - 150 + 1, 0, 149), (level.Available, level.Reserved, level.Confirmed));
        Assert.Equal(["released"], await inventory.ReserveAsync((Order(149), 1)));
        Assert.Equal(["ok"], await inventory.ReserveAsync((Order(3), 1)));
        Assert.Equal(["ok"], await inventory.ReserveAsync((Order(200), 1)));
        var (_, again, _) = await inventory.AskAsync(Restocked, """{"quantity":5}""", "other");
        Assert.Contains("\"available\":855", again);
        var ledger = await inventory.LedgerAsync(50);
        Assert.Equal(entries + 2, ledger.Count);
        Assert.Equal(["restock", "reserve", "confirm"], ledger.Take(3).Select(entry => entry["kind"]!.ToString()));
    }

    private static string Order(int number) => $"{number:d32}";

    /// <summary>A ledger of a million entries, as the actor would have left it.</summary>
    private static async Task BookAMillionAsync(RunningInventory inventory)
    {
        const int Entries = 1_000_000;
        var head = new { available = 1_000_000, reserved = 0, confirmed = 500_000, position = Entries, greatestOrder = Order(999_999), tail = Array.Empty<string>(), firstRestock = 0, nextRestock = 0 };
        inventory.State.Values[$"{Prefix}shelf"] = JsonSerializer.SerializeToUtf8Bytes(head);
        for (var page = 0; page < Entries / 64; page++)
            inventory.State.Values[$"{Prefix}ledger-{page}"] = JsonSerializer.SerializeToUtf8Bytes(Enumerable.Range(0, 64).Select(i => $"reserve 1 1764000000000 {Order((page * 64) + i)}"));
        await inventory.RestartAsync();
    }

    /// <summary>A restock and orders, each confirmed but for the last, which is released.</summary>
    private static async Task<int> BookInTheFirstVersionAsync(RunningInventory inventory, int orders)
    {
        var entries = new List<object> { Entry(1, "restock", 1000, null, "restock-old") };
        for (var i = 0; i < orders; i++)
        {
            entries.Add(Entry(entries.Count + 1, "reserve", 1, Order(i)));
            entries.Add(Entry(entries.Count + 1, i == orders - 1 ? "release" : "confirm", 1, Order(i)));
        }

        foreach (var (page, i) in entries.Chunk(64).Select((page, i) => (page, i))) inventory.State.Values[$"{Prefix}ledger-{i}"] = JsonSerializer.SerializeToUtf8Bytes(page);
        await inventory.RestartAsync();
        return entries.Count;
    }

    private static object Entry(long position, string kind, long quantity, string? orderId, string? key = null) =>
        new { position, at = "2026-11-25T12:00:00+00:00", kind, quantity, orderId, key };
}
