using System.Diagnostics;
using System.Text.Json.Nodes;
using Xunit;

namespace DaprOrders.Auditor.Tests;

/// <summary>The running verdict over all four books: what is wrong is found, when it was there from the start and when it comes later; nothing else is.</summary>
public sealed class AuditTests
{
    private static readonly string Order = Shop.Id(1);

    public static TheoryData<string, string> Faults => new()
    {
        { "a second capture", "duplicated" },
        { "a second reservation", "duplicated" },
        { "a refund that nobody asked for", "moneyMismatch" },
        { "money that our own ledger does not know", "moneyMismatch" },
        { "stock that went to nobody", "stockMismatch" },
        { "a level that its ledger does not explain", "stockMismatch" },
        { "goods of another article", "stockMismatch" },
        { "money of an order that nobody accepted", "lost" },
        { "goods of an order that nobody accepted", "lost" },
        { "a stream without its end", "lost" },
        { "an event that stands twice", "duplicated" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_fault_is_found_whether_it_was_there_before_or_comes_after_the_order_was_settled(string fault, string count)
    {
        await using var before = await SoldOneAsync();
        Plant(before.Shop, fault);
        await using var after = await SoldOneAsync();
        Assert.True((bool)(await after.UpToDateAsync())["consistent"]!);
        Plant(after.Shop, fault);

        foreach (var verdict in new[] { await before.UpToDateAsync(), await after.UpToDateAsync(), (await after.AskAsync("POST /audit/run")).Verdict })
        {
            Assert.False((bool)verdict["consistent"]!, $"{fault}: {verdict}");
            Assert.True((long)verdict[count]! >= 1, $"{fault}: {verdict}");
            Assert.NotEmpty(verdict["findings"]!.AsArray());
        }
    }

    [Fact]
    public async Task A_rejected_order_whose_money_or_goods_were_not_given_back_is_found()
    {
        await using var auditor = await RunningAuditor.StartAsync();
        auditor.Shop.Move("tea", "restock", 10);
        auditor.Shop.Move("tea", "reserve", 2, Order);
        auditor.Shop.Charge(Order, "authorise");
        auditor.Shop.Pay(Order, "authorised", 1000, 0, 0);
        auditor.Shop.Order(Order, "rejected", "accepted", "rejected");

        var verdict = await auditor.UpToDateAsync();

        Assert.Equal((1, 1), ((long)verdict["moneyMismatch"]!, (long)verdict["stockMismatch"]!));
    }

    [Fact]
    public async Task An_order_that_is_under_way_is_in_flight_and_not_judged_and_one_that_is_refunded_later_stays_in_order()
    {
        await using var auditor = await SoldOneAsync();
        auditor.Shop.Move("tea", "reserve", 2, Shop.Id(2));
        auditor.Shop.Order(Shop.Id(2), "accepted", "accepted", "stock-reserved");
        auditor.Shop.Order(Shop.Id(3), "parked", "accepted", "parked");
        var open = await auditor.UpToDateAsync();

        auditor.Shop.Charge(Order, "refund");
        auditor.Shop.Pay(Order, "refunded", 1000, 1000, 1000);
        auditor.Shop.Order(Order, "confirmed", [.. Shop.Confirmed, "payment-refunded"]);
        var refunding = await auditor.UpToDateAsync();
        auditor.Shop.Move("tea", "return", 2, Order);
        auditor.Shop.Order(Order, "refunded", [.. Shop.Confirmed, "payment-refunded", "stock-returned", "refunded"]);
        var refunded = await auditor.UpToDateAsync();

        Assert.Equal((3, 2, 1), ((long)open["accepted"]!, (long)open["inFlight"]!, (long)open["parked"]!));
        Assert.True((long)open["oldestInFlightSeconds"]! > 0);
        foreach (var verdict in new[] { open, refunding, refunded }) Assert.True((bool)verdict["consistent"]!, verdict.ToString());
        Assert.Equal((0, 1), ((long)refunded["terminal"]!["confirmed"]!, (long)refunded["terminal"]!["refunded"]!));
        Assert.Equal(["asOf", "accepted", "terminal", "inFlight", "oldestInFlightSeconds", "lost", "duplicated", "moneyMismatch", "stockMismatch", "parked", "consistent", "findings"],
            refunded.Select(member => member.Key));
    }

    [Fact]
    public async Task Among_a_hundred_thousand_orders_the_answer_is_there_at_once_and_only_what_is_new_is_read()
    {
        await using var auditor = await RunningAuditor.StartAsync();
        for (var sku = 0; sku < 20; sku++) auditor.Shop.Move($"sku-{sku}", "restock", 1_000_000);
        for (var i = 0; i < 100_000; i++) auditor.Shop.Sell(Shop.Id(i), $"sku-{i % 20}");
        var (status, full) = await auditor.AskAsync("POST /audit/run");
        Assert.Equal((200, 100_000), (status, (long)full["accepted"]!));
        Assert.True((bool)full["consistent"]!, full.ToString());
        for (var i = 0; i < 50; i++) auditor.Shop.Sell(Shop.Id(200_000 + i), "sku-3");
        var given = auditor.Shop.Given;

        // A machine that stalls may delay an answer, but not each one.
        var (first, took) = (full, TimeSpan.MaxValue);
        for (var tries = 0; tries < 5 && took >= TimeSpan.FromSeconds(1); tries++)
        {
            var begun = Stopwatch.GetTimestamp();
            (_, first) = await auditor.AskAsync();
            took = Stopwatch.GetElapsedTime(begun);
        }

        var current = await auditor.UpToDateAsync();

        Assert.True(took < TimeSpan.FromSeconds(1), $"GET /audit took {took}");
        Assert.True((bool)first["consistent"]!, first.ToString());
        Assert.Equal(100_050, (long)current["accepted"]!);
        Assert.True((bool)current["consistent"]!, current.ToString());
        Assert.InRange(auditor.Shop.Given - given, 50 * 6, 50 * 8);
    }

    [Fact]
    public async Task While_a_book_cannot_be_read_the_last_verdict_says_as_of_when_it_is()
    {
        await using var auditor = await SoldOneAsync();
        var last = await auditor.UpToDateAsync();
        auditor.Shop.IsAway = true;

        await Services.Support.Until.TrueAsync(() => DateTimeOffset.UtcNow - DateTimeOffset.Parse(last["asOf"]!.ToString()) > TimeSpan.FromSeconds(1), "the verdict to be no more fresh");
        var (status, verdict) = await auditor.AskAsync();

        Assert.Equal((200, last["asOf"]!.ToString()), (status, verdict["asOf"]!.ToString()));
        Assert.Equal(503, (await auditor.AskAsync("POST /audit/run")).Status);
        Assert.Equal(403, (await auditor.AskAsync(role: "customer")).Status);
    }

    [Fact]
    public async Task An_end_that_the_bus_tells_of_an_order_that_nobody_accepted_is_found_and_one_that_nobody_understands_is_given_up()
    {
        await using var auditor = await SoldOneAsync();

        var statuses = await auditor.DeliverAsync(Order, Shop.Id(7), null);
        var verdict = await auditor.UpToDateAsync();

        Assert.Equal(["SUCCESS", "SUCCESS", "DROP"], statuses);
        Assert.Equal((1, 1), ((long)verdict["accepted"]!, (long)verdict["lost"]!));
        Assert.Contains("the bus told", $"{Assert.Single(verdict["findings"]!.AsArray())!["detail"]}", StringComparison.Ordinal);
        auditor.Shop.Order(Shop.Id(7), "accepted", "accepted");
        Assert.True((bool)(await auditor.UpToDateAsync())["consistent"]!);
    }

    [Fact]
    public async Task Nobody_needs_to_ask()
    {
        await using var auditor = await RunningAuditor.StartAsync("--AUDIT_EVERY_SECONDS=0.05", "--AUDIT_FULL_EVERY_SECONDS=0.2");
        auditor.Shop.Sell(Order);
        auditor.Shop.Charge(Shop.Id(9), "authorise");

        await Services.Support.Until.FoundAsync(async () => (await auditor.AskAsync()) is (200, var verdict) && (long)verdict["lost"]! == 1 ? verdict : null, "the fault to be found");
    }

    private static async Task<RunningAuditor> SoldOneAsync()
    {
        var auditor = await RunningAuditor.StartAsync();
        auditor.Shop.Move("tea", "restock", 10);
        auditor.Shop.Move("coffee", "restock", 10);
        auditor.Shop.Sell(Order);
        return auditor;
    }

    private static void Plant(Shop shop, string fault)
    {
        switch (fault)
        {
            case "a second capture": shop.Charge(Order, "capture"); break;
            case "a second reservation": shop.Move("tea", "reserve", 2, Order); break;
            case "a refund that nobody asked for": shop.Charge(Order, "refund"); break;
            case "money that our own ledger does not know":
                shop.Pay(Order, "captured", 1000, 900, 0);
                shop.Order(Order, "confirmed", [.. Shop.Confirmed, "confirmed"]);
                break;
            case "stock that went to nobody": shop.Move("tea", "return", 2, Order); break;
            case "a level that its ledger does not explain": shop.Miscount("tea", 3); break;
            case "goods of another article": shop.Move("coffee", "reserve", 2, Order); break;
            case "money of an order that nobody accepted": shop.Charge(Shop.Id(7), "authorise"); break;
            case "goods of an order that nobody accepted": shop.Move("tea", "reserve", 2, Shop.Id(7)); break;
            case "a stream without its end": shop.Order(Order, "confirmed", [.. Shop.Confirmed[..5]]); break;
            case "an event that stands twice": shop.Order(Order, "confirmed", [.. Shop.Confirmed, "confirmed"]); break;
            default: throw new ArgumentOutOfRangeException(nameof(fault), fault, null);
        }
    }
}
