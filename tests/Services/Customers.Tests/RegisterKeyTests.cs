using System.Text.Json.Nodes;
using Xunit;

namespace DaprOrders.Customers.Tests;

/// <summary>Idempotency-Key on POST /customers.</summary>
public sealed class RegisterKeyTests : IAsyncLifetime
{
    private const string TooLong = "a123456789b123456789c123456789d123456789e123456789f123456789g12345678h123456789i123456789j123456789k123456789l123456789m12345678x";
    private RunningCustomers shop = null!;

    public async ValueTask InitializeAsync() => shop = await RunningCustomers.StartAsync();

    public ValueTask DisposeAsync() => shop.DisposeAsync();

    [Fact]
    public async Task The_same_request_again_gets_the_same_answer_and_makes_no_second_customer()
    {
        var profile = RunningCustomers.Profile("ada@example.com", "https://example.com/hook");

        var first = await shop.AskAsync("POST /customers", "operator", profile, "k1");
        var again = await shop.AskAsync("POST /customers", "operator", profile, "k1");

        Assert.Equal((201, 201), (first.Status, again.Status));
        Assert.Equal(first.Text, again.Text);
        Assert.Equal(first.Answer.Headers.Location, again.Answer.Headers.Location);
        Assert.False(first.Answer.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal("true", Assert.Single(again.Answer.Headers.GetValues("Idempotency-Replayed")));
        Assert.Single(shop.Sidecar.Keys("customer-"));
    }

    [Fact]
    public async Task A_replay_to_nobody_in_particular_leaves_out_the_secret()
    {
        var profile = RunningCustomers.Profile("ada@example.com", "https://example.com/hook");

        var first = JsonNode.Parse((await shop.AskAsync("POST /customers", null, profile, "k1")).Text)!.AsObject();
        var again = JsonNode.Parse((await shop.AskAsync("POST /customers", null, profile, "k1")).Text)!.AsObject();

        Assert.True(first.Remove("webhookSecret"));
        Assert.Equal(first.ToJsonString(), again.ToJsonString());
    }

    [Fact]
    public async Task Another_body_under_the_key_is_refused_and_another_callers_key_is_another_key()
    {
        await shop.AskAsync("POST /customers", "operator", RunningCustomers.Profile("ada@example.com"), "k1");

        Assert.Equal((422, "key-reused"), await shop.ProblemAsync("POST /customers", "operator", RunningCustomers.Profile("bob@example.com"), "k1"));
        Assert.Equal(201, (await shop.AskAsync("POST /customers", null, RunningCustomers.Profile("bob@example.com"), "k1")).Status);
    }

    [Fact]
    public async Task A_refusal_leaves_the_key_free()
    {
        await shop.AskAsync("POST /customers", null, RunningCustomers.Profile("ada@example.com"));

        Assert.Equal((409, "email-in-use"), await shop.ProblemAsync("POST /customers", null, RunningCustomers.Profile("ada@example.com"), "k1"));
        Assert.Equal(201, (await shop.AskAsync("POST /customers", null, RunningCustomers.Profile("bob@example.com"), "k1")).Status);
    }

    [Fact]
    public async Task Many_at_once_with_one_key_make_one_customer()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => shop.AskAsync("POST /customers", "operator", RunningCustomers.Profile("ada@example.com"), "k1")));

        Assert.All(answers, a => Assert.True(a.Status is 201 or 409, a.Text));
        Assert.All(answers.Where(a => a.Status == 409), a => Assert.Contains("in-flight", a.Text, StringComparison.Ordinal));
        Assert.Single(answers.Where(a => a.Status == 201).Select(a => a.Text).Distinct());
        Assert.Single(shop.Sidecar.Keys("customer-"));
    }

    [Theory]
    [InlineData(""), InlineData("a b"), InlineData(TooLong)]
    public async Task A_key_that_is_none_is_refused(string key) =>
        Assert.Equal((400, "invalid-request"), await shop.ProblemAsync("POST /customers", null, RunningCustomers.Profile("ada@example.com"), key));
}
