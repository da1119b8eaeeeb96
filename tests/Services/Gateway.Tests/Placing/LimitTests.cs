using System.Text.Json;
using DaprOrders.Gateway.Tests.Contract;
using DaprOrders.Gateway.Tests.Running;
using Xunit;

namespace DaprOrders.Gateway.Tests.Placing;

/// <summary>What is too much is told so, with a time that is true, and costs nobody else anything.</summary>
public sealed class LimitTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_customer_above_his_rate_waits_as_long_as_Retry_After_says()
    {
        await using var gateway = new RunningGateway(new() { ["DAPRORDERS_CUSTOMER_RATE"] = "0.01" }); // one in 100 s: a slow machine earns nothing meanwhile
        await gateway.InitializeAsync();

        Assert.Equal(202, (await PlaceAsync(gateway, "ann", "a-1")).Status);
        var refused = await PlaceAsync(gateway, "ann", "a-2");
        Assert.Equal(202, (await PlaceAsync(gateway, "bob", "b-1")).Status);

        refused.MustBe(429, "too-many-requests");
        var seconds = int.Parse(refused.Headers["Retry-After"]);
        Assert.InRange(seconds, 1, 100);
        Assert.Equal(["a-1", "b-1"], gateway.Sidecar.Placings.SelectMany(placing => placing.Commands).Select(command => command.Key));
        gateway.Time.Advance(TimeSpan.FromSeconds(seconds));
        Assert.Equal(202, (await PlaceAsync(gateway, "ann", "a-2")).Status);
    }

    [Fact]
    public async Task An_Ordering_that_hangs_is_away_and_keeps_no_place()
    {
        await using var gateway = new RunningGateway(new() { ["Placing:Patience"] = "00:00:10", ["DAPRORDERS_MAX_PLACING"] = "1" });
        await gateway.InitializeAsync();
        var hangs = new TaskCompletionSource<Reply>();
        gateway.Sidecar.Answer = _ => hangs.Task;

        (await PlaceAsync(gateway, "ann", "a-1")).MustBe(503, "unavailable");
        gateway.Sidecar.Answer = invoked => Task.FromResult(Reply.Placed(invoked));
        Assert.Equal(202, (await PlaceAsync(gateway, "ann", "a-1")).Status);

        hangs.SetResult(new Reply(500, "text/plain", []));
    }

    [Fact]
    public async Task A_batch_counts_its_orders()
    {
        await using var gateway = new RunningGateway(new() { ["DAPRORDERS_CUSTOMER_RATE"] = "0.01" });
        await gateway.InitializeAsync();
        var orders = string.Join(",", Enumerable.Range(0, 3).Select(i => JsonSerializer.Serialize(new { idempotencyKey = $"k-{i}" })));

        Assert.Equal(200, (await gateway.SendAsync("POST", "/orders/batch", gateway.Customer(), $$"""{"orders":[{{orders}}]}""")).Status);
        var refused = await PlaceAsync(gateway, "demo", "a-1");

        refused.MustBe(429, "too-many-requests");
        Assert.InRange(int.Parse(refused.Headers["Retry-After"]), 201, 300); // three were taken, one is earned in 100 s
    }

    [Fact]
    public async Task What_is_above_the_limit_of_orders_under_way_is_shed_before_anything_is_done_for_it()
    {
        await using var gateway = new RunningGateway(new() { ["DAPRORDERS_MAX_PLACING"] = "2" });
        await gateway.InitializeAsync();
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        gateway.Sidecar.Answer = async invoked =>
        {
            await open.Task;
            return Reply.Placed(invoked);
        };

        var first = PlaceAsync(gateway, "ann", "a-1");
        var second = PlaceAsync(gateway, "ann", "a-2");
        await UntilAsync(() => gateway.Sidecar.Placings.Sum(placing => placing.Commands.Count) == 2);
        var shed = await PlaceAsync(gateway, "bob", "b-1");
        open.SetResult();
        Assert.All(await Task.WhenAll(first, second), answer => Assert.Equal(202, answer.Status));

        shed.MustBe(429, "too-many-requests");
        Assert.Equal("1", shed.Headers["Retry-After"]);
        Assert.DoesNotContain(gateway.Sidecar.Placings.SelectMany(placing => placing.Commands), command => command.Key == "b-1");
        Assert.Equal(202, (await PlaceAsync(gateway, "bob", "b-1")).Status);
        var large = await gateway.SendAsync("POST", "/orders/batch", gateway.Customer(), """{"orders":[{"idempotencyKey":"1"},{"idempotencyKey":"2"},{"idempotencyKey":"3"}]}""");
        Assert.Equal(200, large.Status); // alone, more than the limit are taken
    }

    [Fact]
    public async Task Without_a_sidecar_nothing_is_accepted_and_everything_is_503()
    {
        await using var gateway = new RunningGateway();
        await gateway.InitializeAsync();
        var known = gateway.Customer();
        Assert.Equal(202, (await gateway.SendAsync("POST", "/orders", known, Some.Place, "a-1")).Status);
        Assert.Equal(200, (await gateway.SendAsync("GET", "/health/serving")).Status);
        await gateway.Sidecar.DisposeAsync();

        foreach (var (verb, path) in new[] { ("POST", "/orders"), ("GET", "/orders"), ("GET", "/orders/order-1"), ("POST", "/orders/order-1/cancel"), ("GET", "/products"), ("GET", "/health/ready"), ("GET", "/health/serving") })
        {
            var answer = await gateway.SendAsync(verb, path, known, path == "/orders" && verb == "POST" ? Some.Place : null, "a-2");

            answer.MustBe(503, "unavailable");
            Assert.InRange(int.Parse(answer.Headers["Retry-After"]), 1, 5);
        }

        Assert.Equal(200, (await gateway.SendAsync("GET", "/health/live")).Status);
        Assert.Equal(200, (await gateway.SendAsync("GET", "/openapi/v1.json")).Status);
    }

    private static Task<Answer> PlaceAsync(RunningGateway gateway, string customer, string key) => gateway.SendAsync("POST", "/orders", gateway.Customer(customer), Some.Place, key);

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var until = DateTime.UtcNow + Patience;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < until, "the orders did not reach the sidecar");
            await tick.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
