using System.Text;
using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.Gateway.Tests.Contract;
using DaprOrders.Gateway.Tests.Running;
using DaprOrders.ServiceDefaults;
using Xunit;

namespace DaprOrders.Gateway.Tests.Placing;

public sealed class PlaceOrdersTests(RunningGateway gateway) : IClassFixture<RunningGateway>
{
    private const string Members = """ "items":[{"sku":"tea-100g","quantity":2}],"paymentToken":"tok_visa_ok","currency":"EUR" """;

    [Fact]
    public async Task Each_order_gets_its_own_answer_in_the_order_of_the_request()
    {
        gateway.Sidecar.Forget();
        gateway.Sidecar.Answer = invoked => Task.FromResult(Reply.Json(new PlaceResults([.. invoked.Commands.Select(command => command.Key switch
        {
            "sold-out" => Some.Refused(Problems.Unprocessable("unknown-sku", "Unknown SKU", "There is no product x.")),
            "invalid" => Some.Refused(Problems.Invalid("items", "1 to 50 items")),
            "reused" => Some.Refused(Problems.KeyReused()),
            "stored-now" => Some.Refused(Problems.InFlight()),
            var key => Some.Accepted(key),
        })])));

        var answer = await BatchAsync("a", "sold-out", null, "invalid", "two words", "reused", "stored-now", "b");

        var results = answer.Json.GetProperty("results").EnumerateArray().ToList();
        Assert.Equal([202, 422, 428, 400, 400, 422, 409, 202], results.Select(result => result.GetProperty("status").GetInt32()));
        Assert.Equal(["a", "sold-out", null, "invalid", null, "reused", "stored-now", "b"],
            results.Select(result => result.TryGetProperty("idempotencyKey", out var key) ? key.GetString() : null));
        Assert.Equal("order-b", results[7].GetProperty("order").GetProperty("orderId").GetString());
        Assert.All(results.Where(result => result.TryGetProperty("problem", out _)),
            result => Assert.Equal(result.GetProperty("status").GetInt32(), result.GetProperty("problem").GetProperty("status").GetInt32()));
    }

    [Fact]
    public async Task Ordering_gets_the_order_without_its_key_and_with_the_customer_of_the_token()
    {
        gateway.Sidecar.Forget();

        await gateway.SendAsync("POST", "/orders/batch", gateway.Customer("ann"), $$"""{"orders":[{"idempotencyKey":"k",{{Members}}}]}""");

        var command = Assert.Single(Assert.Single(gateway.Sidecar.Placings).Commands);
        Assert.Equal(("ann", "k"), (command.CustomerId, command.Key));
        Assert.Equal(Some.Place, Encoding.UTF8.GetString(command.Body));
    }

    [Fact]
    public async Task Orders_that_arrive_together_are_few_invocations()
    {
        gateway.Sidecar.Forget();

        var answer = await BatchAsync([.. Enumerable.Range(0, 500).Select(i => $"k-{i}")]);

        Assert.Equal(500, answer.Json.GetProperty("results").GetArrayLength());
        var sizes = gateway.Sidecar.Placings.Select(placing => placing.Commands.Count).ToList();
        Assert.Equal(500, sizes.Sum());
        Assert.All(sizes, size => Assert.InRange(size, 1, 64));
        Assert.InRange(sizes.Count, 8, 40); // 8 when nothing comes between; one an order would be 500
    }

    [Theory]
    [InlineData("""{"orders":[]}""")]
    [InlineData("""{"orders":null}""")]
    [InlineData("""{}""")]
    [InlineData("""null""")]
    [InlineData("""[]""")]
    [InlineData("""{"orders":[null]}""")]
    [InlineData("""{"orders":[1]}""")]
    [InlineData("""{"orders":["a"]}""")]
    [InlineData("""{"orders":{}}""")]
    [InlineData("""{"orders":[{"idempotencyKey":"a"}],"more":1}""")]
    [InlineData("""{"orders":[{"idempotencyKey":"a"}],"orders":[{"idempotencyKey":"b"}]}""")]
    [InlineData("""{"orders":[{"idempotencyKey":"a","idempotencyKey":"b"}]}""")]
    [InlineData("""{"orders":[{"idempotencyKey":"a"},{"idempotencyKey":"b","note":"x","note":"y"}]}""")]
    [InlineData("""{"orders":[{"idempotencyKey":"a"}]""")]
    public async Task A_batch_that_is_none_is_400_as_a_whole(string body)
    {
        gateway.Sidecar.Forget();

        (await gateway.SendAsync("POST", "/orders/batch", gateway.Customer(), body)).MustBe(400, "invalid-request");
        Assert.Empty(gateway.Sidecar.Placings);
    }

    [Fact]
    public async Task More_than_500_are_400()
    {
        gateway.Sidecar.Forget();

        (await BatchAsync([.. Enumerable.Range(0, 501).Select(i => $"k-{i}")])).MustBe(400, "invalid-request");
        Assert.Empty(gateway.Sidecar.Placings);
    }

    [Fact]
    public async Task While_Ordering_is_away_each_order_is_told_503()
    {
        gateway.Sidecar.Forget();
        gateway.Sidecar.Answers(new Reply(500, "application/json", """{"errorCode":"ERR_DIRECT_INVOKE","message":"no"}"""u8.ToArray()));

        var answer = await BatchAsync("a", "b");

        Assert.All(answer.Json.GetProperty("results").EnumerateArray(), result => Assert.Equal("unavailable", result.GetProperty("problem").GetProperty("code").GetString()));
    }

    private Task<Answer> BatchAsync(params string?[] keys) => gateway.SendAsync("POST", "/orders/batch", gateway.Customer(),
        $$"""{"orders":[{{string.Join(",", keys.Select(key => key is null ? $"{{{Members}}}" : $"{{\"idempotencyKey\":{JsonSerializer.Serialize(key)},{Members}}}"))}}]}""");
}
