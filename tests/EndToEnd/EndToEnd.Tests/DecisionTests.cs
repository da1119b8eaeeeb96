using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace DaprOrders.EndToEnd;

/// <summary>Cancel, approve, reject, refund and retry through the public edge of a running shop.</summary>
[Collection(OpenShop.Name)]
public sealed class DecisionTests(RunningShop shop) : Buying(shop)
{
    private const long AboveTheLimit = 1_000_001;

    [Fact]
    public async Task An_order_above_the_limit_waits_and_is_confirmed_once_an_operator_approves_it()
    {
        var id = await PlaceAsync(await ShelfAsync(5, AboveTheLimit), 1, "tok_visa_ok");
        await UntilAsync(id, "awaiting-approval");

        using var byCustomer = await DecideAsync(id, "approve", asOperator: false);
        using var approved = await DecideAsync(id, "approve", key: "once");
        using var again = await DecideAsync(id, "approve", key: "once");
        using var other = await DecideAsync(id, "reject", key: "other");

        Assert.Equal(HttpStatusCode.Forbidden, byCustomer.StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, approved.StatusCode);
        Assert.Equal(await approved.Content.ReadAsStringAsync(Cancellation), await again.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("true", Assert.Single(again.Headers.GetValues("Idempotency-Replayed")));
        Assert.Equal((HttpStatusCode.Conflict, "wrong-state"), (other.StatusCode, await CodeAsync(other)));
        Assert.Equal("confirmed", (await EndAsync(id)).GetProperty("status").GetString());
        Assert.Equal(["accepted", "awaiting-approval", "accepted", "confirmed"],
            (await GetAsync($"/orders/{id}")).GetProperty("history").EnumerateArray().Select(entry => entry.GetProperty("status").GetString()));
    }

    [Fact]
    public async Task A_rejected_order_is_undone_whole()
    {
        var sku = await ShelfAsync(5, AboveTheLimit);
        var id = await PlaceAsync(sku, 2, "tok_visa_ok");
        await UntilAsync(id, "awaiting-approval");

        using var rejected = await DecideAsync(id, "reject");

        var order = await EndAsync(id);
        Assert.Equal(("rejected", "approval-rejected", "voided"),
            (order.GetProperty("status").GetString(), order.GetProperty("reason").GetString(), order.GetProperty("payment").GetProperty("status").GetString()));
        Assert.Equal(5, (await GetAsync($"/products/{sku}")).GetProperty("available").GetInt64());
    }

    [Fact]
    public async Task A_cancel_while_the_order_waits_ends_it_and_gives_everything_back()
    {
        var sku = await ShelfAsync(5, AboveTheLimit);
        var id = await PlaceAsync(sku, 2, "tok_visa_ok");
        await UntilAsync(id, "awaiting-approval");

        using var cancelled = await DecideAsync(id, "cancel", asOperator: false);
        using var twice = await DecideAsync(id, "cancel", asOperator: false);

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.Conflict), (cancelled.StatusCode, twice.StatusCode));
        var order = await EndAsync(id);
        Assert.Equal(("cancelled", "cancelled-by-customer", "voided"),
            (order.GetProperty("status").GetString(), order.GetProperty("reason").GetString(), order.GetProperty("payment").GetProperty("status").GetString()));
        Assert.Equal(5, (await GetAsync($"/products/{sku}")).GetProperty("available").GetInt64());
    }

    /// <summary>The cancel comes at any moment of the saga: whichever answer it got is what happens.</summary>
    [Fact]
    public async Task A_cancel_that_was_accepted_always_ends_the_order_cancelled_and_one_that_was_refused_never_does()
    {
        var sku = await ShelfAsync(30);
        var ends = await Task.WhenAll(Enumerable.Range(0, 60).Select(async i =>
        {
            var id = await PlaceAsync(sku, 1, i % 3 == 0 ? "tok_declined" : "tok_visa_ok");
            using var cancel = await DecideAsync(id, "cancel", asOperator: false);
            return (Accepted: cancel.StatusCode == HttpStatusCode.Accepted, Order: await EndAsync(id));
        }));

        Assert.All(ends, end => Assert.Equal(end.Accepted, end.Order.GetProperty("status").GetString() == "cancelled"));
        var sold = ends.Count(end => end.Order.GetProperty("status").GetString() == "confirmed");
        Assert.Equal(30 - sold, (await GetAsync($"/products/{sku}")).GetProperty("available").GetInt64());
    }

    [Fact]
    public async Task A_refund_gives_the_money_and_the_stock_back_once()
    {
        var sku = await ShelfAsync(5);
        var id = await PlaceAsync(sku, 2, "tok_refund_fails_once");
        await EndAsync(id);

        using var keyless = await DecideAsync(id, "refund", body: """{"reason":"broken"}""");
        using var refund = await DecideAsync(id, "refund", body: """{"reason":"broken"}""", key: "r1");
        using var second = await DecideAsync(id, "refund", body: """{"reason":"broken"}""", key: "r2");
        using var reused = await DecideAsync(id, "refund", body: """{"reason":"other"}""", key: "r1");

        Assert.Equal((428, 202, 409, 422), ((int)keyless.StatusCode, (int)refund.StatusCode, (int)second.StatusCode, (int)reused.StatusCode));
        var order = await UntilAsync(id, "refunded");
        Assert.Equal(("broken", "refunded"), (order.GetProperty("reason").GetString(), order.GetProperty("payment").GetProperty("status").GetString()));
        Assert.Equal(5, (await GetAsync($"/products/{sku}")).GetProperty("available").GetInt64());
        Assert.Equal(["payment-refunded", "stock-returned", "refunded"], (await EventsAsync(id)).TakeLast(3));
    }

    [Fact]
    public async Task An_undo_that_fails_parks_the_order_and_a_retry_ends_it_once_the_provider_works()
    {
        var id = await PlaceAsync(await ShelfAsync(5, AboveTheLimit), 1, "tok_void_fails");
        await UntilAsync(id, "awaiting-approval");
        using var rejected = await DecideAsync(id, "reject");
        await UntilAsync(id, "parked");

        using var provider = new HttpClient { BaseAddress = Shop.Provider };
        using var repaired = await provider.PutAsJsonAsync("/faults", new { voidWorks = true }, Cancellation);
        using var retry = await DecideAsync(id, "retry");

        Assert.Equal(HttpStatusCode.Accepted, retry.StatusCode);
        var order = await UntilAsync(id, "rejected");
        Assert.Equal(("approval-rejected", "voided"), (order.GetProperty("reason").GetString(), order.GetProperty("payment").GetProperty("status").GetString()));
    }
}
