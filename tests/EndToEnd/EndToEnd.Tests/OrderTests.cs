using System.Net;
using System.Text.Json;
using Xunit;

namespace DaprOrders.EndToEnd;

/// <summary>The contract of api.md through the public edge of a running shop.</summary>
[Collection(OpenShop.Name)]
public sealed class OrderTests(RunningShop shop) : Buying(shop)
{
    private static readonly string[] PlainEvents = ["accepted", "confirmed", "payment-authorised", "payment-captured", "stock-confirmed", "stock-reserved"];

    [Fact]
    public async Task An_order_is_confirmed_with_exactly_six_events()
    {
        var sku = await ShelfAsync(10);

        var id = await PlaceAsync(sku, 2, "tok_visa_ok");
        var order = await EndAsync(id);

        Assert.Equal("confirmed", order.GetProperty("status").GetString());
        Assert.Equal("captured", order.GetProperty("payment").GetProperty("status").GetString());
        Assert.Equal(PlainEvents, (await EventsAsync(id)).Order(StringComparer.Ordinal));
        Assert.Equal(8, (await GetAsync($"/products/{sku}")).GetProperty("available").GetInt64());
    }

    [Theory]
    [InlineData("tok_declined", "payment-declined")]
    [InlineData("tok_capture_fails", "payment-declined")]
    public async Task An_order_that_is_not_paid_is_rejected_and_its_stock_comes_back(string token, string reason)
    {
        var sku = await ShelfAsync(10);

        var order = await EndAsync(await PlaceAsync(sku, 3, token));

        Assert.Equal("rejected", order.GetProperty("status").GetString());
        Assert.Equal(reason, order.GetProperty("reason").GetString());
        Assert.Equal(10, (await GetAsync($"/products/{sku}")).GetProperty("available").GetInt64());
    }

    [Fact]
    public async Task An_order_without_stock_is_rejected_and_its_authorisation_is_voided()
    {
        var sku = await ShelfAsync(1);

        var order = await EndAsync(await PlaceAsync(sku, 2, "tok_visa_ok"));

        Assert.Equal("rejected", order.GetProperty("status").GetString());
        Assert.Equal("out-of-stock", order.GetProperty("reason").GetString());
        Assert.Equal("voided", order.GetProperty("payment").GetProperty("status").GetString());
        Assert.Equal(1, (await GetAsync($"/products/{sku}")).GetProperty("available").GetInt64());
    }

    [Theory]
    [InlineData("tok_flaky")]
    [InlineData("tok_lost_reply")]
    public async Task A_payment_provider_that_stumbles_charges_once(string token)
    {
        var sku = await ShelfAsync(5);

        var id = await PlaceAsync(sku, 1, token);
        var order = await EndAsync(id);

        Assert.Equal("confirmed", order.GetProperty("status").GetString());
        Assert.Equal(6, (await EventsAsync(id)).Count);
    }

    [Fact]
    public async Task The_same_key_gets_the_first_answer_byte_for_byte_and_another_body_is_refused()
    {
        var sku = await ShelfAsync(50);
        var key = Guid.NewGuid().ToString("N");
        var body = Body(sku, 1, "tok_visa_ok");

        using var first = await SendAsync(HttpMethod.Post, "/orders", body, key);
        using var second = await SendAsync(HttpMethod.Post, "/orders", body, key);
        using var other = await SendAsync(HttpMethod.Post, "/orders", Body(sku, 2, "tok_visa_ok"), key);

        Assert.Equal(HttpStatusCode.Accepted, first.StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, second.StatusCode);
        Assert.Equal(await first.Content.ReadAsByteArrayAsync(Cancellation), await second.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal("true", Assert.Single(second.Headers.GetValues("Idempotency-Replayed")));
        Assert.Equal(422, (int)other.StatusCode);
        Assert.Equal("key-reused", await CodeAsync(other));
    }

    [Theory]
    [InlineData("""{"items":[],"paymentToken":"tok_visa_ok","currency":"EUR"}""", 400, "invalid-request")]
    [InlineData("""{"items":[{"sku":"x","quantity":1}],"paymentToken":"tok_visa_ok","currency":"EUR","typo":1}""", 400, "invalid-request")]
    [InlineData("""{"items":[{"sku":"x","quantity":1}],"items":[{"sku":"x","quantity":1}],"paymentToken":"tok_visa_ok","currency":"EUR"}""", 400, "invalid-request")]
    [InlineData("""{"items":[{"sku":"nobody-has-this","quantity":1}],"paymentToken":"tok_visa_ok","currency":"EUR"}""", 422, "unknown-sku")]
    [InlineData("not json", 400, "invalid-request")]
    public async Task A_bad_order_is_refused_with_a_problem_that_names_its_code(string body, int status, string code)
    {
        using var answer = await SendAsync(HttpMethod.Post, "/orders", body, Guid.NewGuid().ToString("N"));

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(code, await CodeAsync(answer));
    }

    [Fact]
    public async Task An_order_without_a_key_or_a_token_is_refused()
    {
        using var keyless = await SendAsync(HttpMethod.Post, "/orders", Body("x", 1, "tok_visa_ok"), key: null);
        using var stranger = await Shop.Shop.SendAsync(HttpMethod.Post, "/orders", "garbled", Body("x", 1, "tok_visa_ok"), "k", Cancellation);

        Assert.Equal((428, "key-required"), ((int)keyless.StatusCode, await CodeAsync(keyless)));
        Assert.Equal((401, "unauthenticated"), ((int)stranger.StatusCode, await CodeAsync(stranger)));
    }

    [Theory]
    [InlineData("""{"name":"Test","price":{"currency":"EUR"}}""")]
    [InlineData("""{"name":"Test","price":{"amount":5}}""")]
    public async Task A_product_without_a_whole_price_is_refused(string body)
    {
        using var put = await Shop.Shop.SendAsync(HttpMethod.Put, $"/products/p-{Guid.NewGuid():N}", Shop.Operator, body, null, Cancellation);

        Assert.Equal((400, "invalid-request"), ((int)put.StatusCode, await CodeAsync(put)));
    }

    [Fact]
    public async Task An_unchanged_order_is_not_sent_again()
    {
        var id = await PlaceAsync(await ShelfAsync(5), 1, "tok_visa_ok");
        await EndAsync(id);
        using var first = await SendAsync(HttpMethod.Get, $"/orders/{id}", null, null);

        using var client = new HttpClient { BaseAddress = Shop.Gateway };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/orders/{id}");
        request.Headers.Authorization = new("Bearer", Shop.Customer);
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var second = await client.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }
}
