using System.Net;
using System.Text.Json;
using Xunit;

namespace DaprOrders.EndToEnd;

/// <summary>One shop for all cases that kill nothing.</summary>
[CollectionDefinition(Name)]
public sealed class OpenShop : ICollectionFixture<RunningShop>
{
    public const string Name = "an open shop";
}

/// <summary>What a customer and an operator do in the cases.</summary>
public abstract class Buying(RunningShop shop)
{
    protected RunningShop Shop { get; } = shop;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected async Task<string> ShelfAsync(int quantity, long price = 700)
    {
        var sku = $"t-{Guid.NewGuid():N}"[..20];
        using var put = await Shop.Shop.SendAsync(HttpMethod.Put, $"/products/{sku}", Shop.Operator, $$$"""{"name":"Test","price":{"amount":{{{price}}},"currency":"EUR"}}""", null, Cancellation);
        Assert.True(put.IsSuccessStatusCode, $"PUT /products: {put.StatusCode} {await put.Content.ReadAsStringAsync(Cancellation)}");
        using var restock = await Shop.Shop.SendAsync(HttpMethod.Post, $"/products/{sku}/restock", Shop.Operator, $$"""{"quantity":{{quantity}}}""", sku, Cancellation);
        Assert.True(restock.IsSuccessStatusCode, $"restock: {restock.StatusCode} {await restock.Content.ReadAsStringAsync(Cancellation)}");
        return sku;
    }

    protected static string Body(string sku, int quantity, string token) =>
        JsonSerializer.Serialize(new { items = new[] { new { sku, quantity } }, paymentToken = token, currency = "EUR" });

    protected Task<HttpResponseMessage> SendAsync(HttpMethod verb, string path, string? body, string? key) =>
        Shop.Shop.SendAsync(verb, path, Shop.Customer, body, key, Cancellation);

    protected Task<HttpResponseMessage> DecideAsync(string id, string act, bool asOperator = true, string? body = null, string? key = null) =>
        Shop.Shop.SendAsync(HttpMethod.Post, $"/orders/{id}/{act}", asOperator ? Shop.Operator : Shop.Customer, body, key, Cancellation);

    protected Task<JsonElement> GetAsync(string path) => Shop.Shop.GetAsync(path, Shop.Customer, Cancellation);

    protected async Task<string> PlaceAsync(string sku, int quantity, string token)
    {
        using var answer = await SendAsync(HttpMethod.Post, "/orders", Body(sku, quantity, token), Guid.NewGuid().ToString("N"));
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, $"{answer.StatusCode} {text}");
        var id = JsonDocument.Parse(text).RootElement.GetProperty("orderId").GetString()!;
        Assert.Equal($"/orders/{id}", answer.Headers.Location?.ToString());
        return id;
    }

    /// <summary>A machine that stalls may need longer than one may ask to wait.</summary>
    protected async Task<JsonElement> EndAsync(string id)
    {
        for (var waits = 1; ; waits++)
        {
            var order = await Shop.Shop.GetAsync($"/orders/{id}", Shop.Customer, Cancellation, prefer: "wait=30");
            if (waits == 4 || order.GetProperty("status").GetString() is "confirmed" or "rejected" or "cancelled") return order;
        }
    }

    /// <summary>Asks until the order has this status; fails when it takes longer than anybody would wait.</summary>
    protected async Task<JsonElement> UntilAsync(string id, string status)
    {
        var until = DateTime.UtcNow.AddMinutes(2);
        while (true)
        {
            var order = await GetAsync($"/orders/{id}");
            if (order.GetProperty("status").GetString() == status) return order;
            Assert.True(DateTime.UtcNow < until, $"{id} is not {status}: {order}");
            await Task.Delay(50, Cancellation); // between two looks at the condition
        }
    }

    protected async Task<List<string>> EventsAsync(string id) =>
        [.. (await GetAsync($"/orders/{id}/events")).GetProperty("items").EnumerateArray().Select(e => e.GetProperty("type").GetString()!.Split('.')[3])];

    protected static async Task<string?> CodeAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement.GetProperty("code").GetString();
}
