using Xunit;

namespace DaprOrders.Inventory.Tests;

/// <summary>Products for who looks at them: from the cache while it is there, from the store while it is not.</summary>
public sealed class ShownProductsTests
{
    private const string Product = $"/products/{RunningInventory.Sku}";

    [Fact]
    public async Task What_is_looked_at_comes_from_the_cache_and_a_change_is_seen_at_once()
    {
        await using var inventory = await RunningInventory.StartAsync();
        await inventory.AskAsync($"GET {Product}");
        inventory.Sidecar.Read.Clear();

        var (_, shown, _) = await inventory.AskAsync($"GET {Product}");
        var read = inventory.Sidecar.Read.ToArray();
        await inventory.AskAsync($"PUT {Product}", """{"name":"Black tea","price":{"amount":5,"currency":"EUR"}}""");
        var (_, changed, _) = await inventory.AskAsync($"GET {Product}");

        Assert.Contains("Green tea", shown, StringComparison.Ordinal);
        Assert.Equal([$"shown-{RunningInventory.Sku}"], read);
        Assert.Contains("Black tea", changed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_the_cache_is_away_the_store_is_read_and_the_cache_is_left_alone()
    {
        await using var inventory = await RunningInventory.StartAsync();
        inventory.Sidecar.RefuseRead = inventory.Sidecar.Refuse = key => key.StartsWith("shown-", StringComparison.Ordinal);
        var (first, _, _) = await inventory.AskAsync($"GET {Product}");
        inventory.Sidecar.Read.Clear();

        var (status, shown, _) = await inventory.AskAsync($"GET {Product}");
        var (put, _, _) = await inventory.AskAsync($"PUT {Product}", """{"name":"Black tea","price":{"amount":5,"currency":"EUR"}}""");
        var (listed, list, _) = await inventory.AskAsync("GET /products");

        Assert.Equal((200, 200, 200, 200), (first, status, put, listed));
        Assert.Contains("Green tea", shown, StringComparison.Ordinal);
        Assert.Contains("Black tea", list, StringComparison.Ordinal);
        Assert.DoesNotContain(inventory.Sidecar.Read, key => key.StartsWith("shown-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Orders_are_made_with_prices_from_the_store()
    {
        await using var inventory = await RunningInventory.StartAsync();
        await inventory.AskAsync($"GET {Product}");
        inventory.Sidecar.Read.Clear();

        var (status, _, _) = await inventory.AskAsync("POST /internal/prices", $$"""{"skus":["{{RunningInventory.Sku}}"]}""");

        Assert.Equal(200, status);
        Assert.Equal([$"product-{RunningInventory.Sku}"], inventory.Sidecar.Read);
    }
}
