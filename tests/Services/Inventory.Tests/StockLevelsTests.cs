using System.Text.Json;
using Xunit;

namespace DaprOrders.Inventory.Tests;

/// <summary>Levels for the Auditor, page by page: nobody gets more at once than one answer bears, and whoever goes on sees each article once.</summary>
public sealed class StockLevelsTests
{
    private static readonly string[] Skus = [.. Enumerable.Range(0, 1200).Select(i => $"sku-{i:0000}")];

    [Theory]
    [InlineData("", 1000)]
    [InlineData("limit=7", 7)]
    [InlineData("limit=1000", 1000)]
    [InlineData("limit=1001", 1000)]
    [InlineData("limit=2147483647", 1000)]
    [InlineData("limit=0", 1)]
    [InlineData("limit=-5", 1)]
    public async Task A_page_is_as_long_as_was_asked_for_between_one_and_a_thousand(string asked, int given)
    {
        await using var inventory = await WithManyAsync();

        var (items, next) = await PageAsync(inventory, asked);

        Assert.Equal(Skus.Take(given), items);
        Assert.Equal(Skus[given - 1], next);
    }

    [Fact]
    public async Task Whoever_goes_on_where_a_page_ended_sees_every_article_once()
    {
        await using var inventory = await WithManyAsync();

        var (first, next) = await PageAsync(inventory, "limit=5000");
        var (second, end) = await PageAsync(inventory, $"limit=5000&after={next}");

        Assert.Equal(Skus, first.Concat(second));
        Assert.Null(end);
    }

    private static async Task<RunningInventory> WithManyAsync()
    {
        var inventory = await RunningInventory.StartAsync();
        inventory.Sidecar.Put("catalogue", JsonSerializer.Serialize(Skus));
        return inventory;
    }

    private static async Task<(IReadOnlyList<string> Skus, string? Next)> PageAsync(RunningInventory inventory, string query)
    {
        var (status, body, _) = await inventory.AskAsync($"GET /internal/stock?{query}");
        Assert.Equal(200, status);
        using var page = JsonDocument.Parse(body);
        return ([.. page.RootElement.GetProperty("items").EnumerateArray().Select(level => level.GetProperty("sku").GetString()!)],
            page.RootElement.TryGetProperty("next", out var next) ? next.GetString() : null);
    }
}
