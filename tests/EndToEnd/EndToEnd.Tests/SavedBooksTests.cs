using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using DaprOrders.Services.Support;
using Xunit;

namespace DaprOrders.EndToEnd;

/// <summary>An Auditor that is killed goes on from the books that it saved, and says what one says that has read them all.</summary>
public sealed class SavedBooksTests : IAsyncLifetime
{
    private readonly RunningShop shop = new() { AuditEvery = TimeSpan.FromSeconds(1) };
    private readonly HttpClient http = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => shop.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await shop.DisposeAsync();
    }

    [Fact]
    public async Task After_a_kill_between_a_save_and_more_orders_the_books_are_those_of_one_that_was_not_killed()
    {
        await StockAsync();
        var early = await PlaceAsync(30);
        await UntilAsync(30, 30);
        await SavedAnewAsync();

        Assert.True(shop.Kill("auditor"));
        await PlaceAsync(20);
        using (var refund = await shop.Shop.SendAsync(HttpMethod.Post, $"/orders/{early[0]}/refund", shop.Operator, """{"reason":"broken"}""", "refund", Cancellation))
            Assert.Equal(HttpStatusCode.Accepted, refund.StatusCode);
        await UntilAsync(50, 50);
        var verdict = await Until.FoundAsync(async () => await AuditAsync(HttpMethod.Get, "/audit") is { } found && (int)found["terminal"]!["refunded"]! == 1 ? found : null, "the refund in the books");

        Assert.Contains("The audit goes on from saved books", await File.ReadAllTextAsync(Path.Combine(shop.Data, "logs", "shop.log"), Cancellation), StringComparison.Ordinal);
        Assert.True((bool)verdict["consistent"]!, $"{verdict}");
        Assert.Equal(Said((await AuditAsync(HttpMethod.Post, "/audit/run"))!), Said(verdict));
    }

    private static string Said(JsonObject verdict)
    {
        foreach (var moving in new[] { "asOf", "oldestInFlightSeconds" }) verdict.Remove(moving);
        return verdict.ToString();
    }

    private async Task StockAsync()
    {
        using var put = await shop.Shop.SendAsync(HttpMethod.Put, "/products/urn", shop.Operator, """{"name":"Urn","price":{"amount":2000,"currency":"EUR"}}""", null, Cancellation);
        using var restock = await shop.Shop.SendAsync(HttpMethod.Post, "/products/urn/restock", shop.Operator, """{"quantity":40}""", "urn", Cancellation); // fewer than will be ordered
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (put.StatusCode, restock.StatusCode));
    }

    private async Task<IReadOnlyList<string>> PlaceAsync(int count)
    {
        var ids = new List<string>();
        for (var i = 0; i < count; i++)
        {
            var token = i % 10 == 9 ? "tok_declined" : "tok_visa_ok";
            using var answer = await shop.Shop.SendAsync(HttpMethod.Post, "/orders", shop.Customer, $$"""{"items":[{"sku":"urn","quantity":1}],"paymentToken":"{{token}}","currency":"EUR"}""", Guid.NewGuid().ToString("N"), Cancellation);
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            ids.Add(JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement.GetProperty("orderId").GetString()!);
        }

        return ids;
    }

    private Task UntilAsync(int accepted, int ended) => Until.FoundAsync(async () =>
        await AuditAsync(HttpMethod.Get, "/audit") is { } verdict && ((int)verdict["accepted"]!, (int)verdict["accepted"]! - (int)verdict["inFlight"]!) == (accepted, ended) ? verdict : null, $"{ended} ends of {accepted} orders in the books");

    /// <summary>Null while there is no Auditor.</summary>
    private async Task<JsonObject?> AuditAsync(HttpMethod verb, string path)
    {
        using var answer = await shop.Shop.SendAsync(verb, path, shop.Operator, verb == HttpMethod.Post ? "{}" : null, null, Cancellation);
        return answer.StatusCode == HttpStatusCode.OK ? JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!.AsObject() : null;
    }

    /// <summary>A save that began after this moment has ended: it is not the next one, which may be under way.</summary>
    private async Task SavedAnewAsync()
    {
        for (var saves = 0; saves < 2; saves++)
        {
            var before = await ManifestAsync();
            await Until.FoundAsync(async () => await ManifestAsync() is { Length: > 0 } now && now != before ? now : null, "the books to be saved");
        }
    }

    private async Task<string> ManifestAsync() => await http.GetStringAsync(new Uri($"http://127.0.0.1:{shop.SidecarOf("auditor", "HTTP")}/v1.0/state/documents/books"), Cancellation);
}
