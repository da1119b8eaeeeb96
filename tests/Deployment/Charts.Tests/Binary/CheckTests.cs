using DaprOrders.Shoppers;
using Xunit;

namespace Charts.Tests.Binary;

/// <summary>What the pod of `helm test` does, against a shop that keeps the Gateway's contract.</summary>
public sealed class CheckTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_passes_when_the_order_is_confirmed()
    {
        await using var shop = await Shopfront.OpenAsync();

        var (code, output) = await RunAsync(shop, "run-1");

        Assert.Equal(0, code);
        Assert.StartsWith("PASSED: order order-1 is confirmed", output);
        Assert.Equal(["Bearer token-of-operator", "Bearer token-of-demo"], shop.Tokens.Distinct());
    }

    [Fact]
    public async Task A_second_run_of_the_same_name_changes_nothing()
    {
        await using var shop = await Shopfront.OpenAsync();

        Assert.Equal(0, (await RunAsync(shop, "run-1")).Code);
        Assert.Equal(0, (await RunAsync(shop, "run-1")).Code);
        Assert.Equal((1, 1), (shop.Orders, shop.Stock));

        Assert.Equal(0, (await RunAsync(shop, "run-2")).Code);
        Assert.Equal((2, 2), (shop.Orders, shop.Stock));
    }

    [Theory, InlineData("rejected"), InlineData("parked"), InlineData("cancelled")]
    public async Task It_fails_when_the_order_ends_otherwise(string status)
    {
        await using var shop = await Shopfront.OpenAsync();
        shop.EndsAs = status;

        var (code, output) = await RunAsync(shop, "run-1");

        Assert.Equal(1, code);
        Assert.Contains($"FAILED: order order-1 is {status}", output);
    }

    [Fact]
    public async Task It_fails_when_a_key_makes_two_orders()
    {
        await using var shop = await Shopfront.OpenAsync();
        shop.ForgetsKeys = true;

        var (code, output) = await RunAsync(shop, "run-1");

        Assert.Equal(1, code);
        Assert.Contains("the same key made two orders", output);
    }

    [Fact]
    public async Task It_tries_again_while_a_service_is_away()
    {
        await using var shop = await Shopfront.OpenAsync();
        shop.Away = 2;

        Assert.Equal(0, (await RunAsync(shop, "run-1")).Code);
        Assert.Equal((1, 1), (shop.Orders, shop.Stock));
    }

    [Fact]
    public async Task It_uses_the_tokens_that_it_is_given()
    {
        await using var shop = await Shopfront.OpenAsync();

        var arguments = Arguments.Parse(["check", shop.Address]) with { CustomerToken = "customer", OperatorToken = "operator" };
        Assert.Equal(0, await new Check(arguments, new StringWriter()).RunAsync(Cancellation));

        Assert.Equal(["Bearer operator", "Bearer customer"], shop.Tokens.Distinct());
    }

    [Fact]
    public async Task It_fails_when_there_is_no_end_in_time()
    {
        await using var shop = await Shopfront.OpenAsync();
        shop.EndsAs = "placed";

        var output = new StringWriter();
        var code = await new Check(Arguments.Parse(["check", shop.Address, "--seconds", "1"]), output).RunAsync(Cancellation);

        Assert.Equal(1, code);
        Assert.Contains("no end within 1 s", output.ToString());
    }

    private static async Task<(int Code, string Output)> RunAsync(Shopfront shop, string run)
    {
        var output = new StringWriter();
        return (await new Check(Arguments.Parse(["check", shop.Address, "--run", run]), output).RunAsync(Cancellation), output.ToString());
    }
}
