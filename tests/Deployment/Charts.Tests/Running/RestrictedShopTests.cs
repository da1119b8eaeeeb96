using System.Text;
using System.Text.Json;
using Xunit;

namespace Charts.Tests.Running;

/// <summary>What the chart allows is enough, and what it does not allow is refused: seen on running services, not read from the YAML.</summary>
public sealed class RestrictedShopTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Orders_run_to_their_end_under_the_charts_Configurations_and_a_call_that_is_not_allowed_is_refused()
    {
        await using var restricted = await RestrictedShop.OpenAsync(Stop);
        var shop = restricted.Shop;
        var (customer, keeper) = (await shop.TokenAsync("demo", Stop), await shop.TokenAsync("operator", Stop));

        async Task<JsonElement> DoAsync(HttpMethod verb, string path, string token, string? body, string? key, int expected)
        {
            using var answer = await shop.SendAsync(verb, path, token, body, key, Stop);
            var text = await answer.Content.ReadAsStringAsync(Stop);
            Assert.True((int)answer.StatusCode == expected, $"{verb} {path}: {(int)answer.StatusCode} {text}\n{restricted.Output}");
            return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
        }

        await DoAsync(HttpMethod.Put, "/products/tea", keeper, """{"name":"Tea","price":{"amount":495,"currency":"EUR"}}""", null, 200);
        await DoAsync(HttpMethod.Post, "/products/tea/restock", keeper, """{"quantity":10}""", "restock", 200);
        async Task<string> BuyAsync(string token, string key, string end)
        {
            var placed = await DoAsync(HttpMethod.Post, "/orders", customer, $$"""{"items":[{"sku":"tea","quantity":2}],"paymentToken":"{{token}}","currency":"EUR"}""", key, 202);
            var id = placed.GetProperty("orderId").GetString()!;
            JsonElement order = default;
            for (var waits = 0; waits < 4 && (waits == 0 || order.GetProperty("status").GetString() == "accepted"); waits++) // of half a minute: a machine may stall
                order = await shop.GetAsync($"/orders/{id}", customer, Stop, "wait=30");
            Assert.True(order.GetProperty("status").GetString() == end, $"{order}\n{restricted.Output}");
            return id;
        }

        var sold = await BuyAsync("tok_visa_ok", "one", "confirmed");
        await BuyAsync("tok_declined", "two", "rejected");
        await DoAsync(HttpMethod.Post, $"/orders/{sold}/refund", keeper, """{"reason":"broken"}""", "refund", 202);
        var created = await DoAsync(HttpMethod.Post, "/customers", keeper, """{"email":"a@example.com","name":"A","notify":{"email":true}}""", null, 201);
        await DoAsync(HttpMethod.Get, $"/customers/{created.GetProperty("customerId").GetString()}", keeper, null, null, 200);
        await DoAsync(HttpMethod.Get, "/dead-letters", keeper, null, null, 200);
        await DoAsync(HttpMethod.Get, "/read-model/verify", keeper, null, null, 200);
        var verdict = await DoAsync(HttpMethod.Post, "/audit/run", keeper, "{}", null, 200);
        Assert.True(verdict.GetProperty("consistent").GetBoolean(), verdict.ToString());
        Assert.Equal(2, verdict.GetProperty("accepted").GetInt64());

        await RefusedAsync(restricted);
    }

    private static async Task RefusedAsync(RestrictedShop restricted)
    {
        using var http = new HttpClient();
        // Caller's sidecar and what it tries: access control answers 403, a part of the API that is not there 404.
        (string Caller, string Verb, string Path, int Status)[] refused =
        [
            ("notifications", "POST", "v1.0/invoke/payments/method/payments/capture", 403),   // no policy for this caller
            ("gateway", "POST", "v1.0/invoke/payments/method/payments/refund", 403),          // a policy, but not for this path
            ("auditor", "POST", "v1.0/invoke/ordering/method/internal/orders", 403),          // the path, but not this verb
            ("gateway", "POST", "v1.0/publish/orders-pubsub/orders", 404),                    // the bus is not the edge's
            ("gateway", "GET", "v1.0/state/documents/anything", 404),                         // nor are documents
            ("payments", "POST", "v1.0/invoke/inventory/method/internal/prices", 404),        // nor does payments call anybody
        ];
        foreach (var (caller, verb, path, status) in refused)
        {
            using var request = new HttpRequestMessage(new HttpMethod(verb), new Uri(restricted.SidecarOf(caller), path)) { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
            using var answer = await http.SendAsync(request, Stop);
            var text = await answer.Content.ReadAsStringAsync(Stop);
            Assert.True((int)answer.StatusCode == status, $"{caller} may {verb} {path}: {(int)answer.StatusCode} {text}");
            if (status == 403) Assert.Contains("access control policy has denied", text, StringComparison.Ordinal);
        }

        using var allowed = await http.GetAsync(new Uri(restricted.SidecarOf("auditor"), "v1.0/invoke/ordering/method/internal/orders/changes"), Stop);
        Assert.True(allowed.IsSuccessStatusCode, $"what is allowed was refused: {(int)allowed.StatusCode}");
    }
}
