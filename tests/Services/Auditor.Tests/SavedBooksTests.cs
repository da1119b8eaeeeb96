using System.Text.Json.Nodes;
using Xunit;

namespace DaprOrders.Auditor.Tests;

/// <summary>A process goes on from the books that the one before it saved, and knows what one knows that has read them all; without them it reads all.</summary>
public sealed class SavedBooksTests
{
    private const int Sold = 8000; // the settled orders are more than two pieces

    [Fact]
    public async Task After_a_kill_only_what_is_new_is_read_and_the_books_are_those_of_one_that_was_not_killed()
    {
        await using var auditor = await RunningAuditor.StartAsync();
        Fill(auditor.Shop);
        await auditor.FollowAsync();
        await auditor.SaveAsync();
        GoOn(auditor.Shop);
        await auditor.FollowAsync(); // followed, but not saved
        var given = auditor.Shop.Given;

        await auditor.RestartAsync();
        var first = await auditor.AskAsync();
        var verdict = await auditor.UpToDateAsync();

        Assert.Equal(200, first.Status);
        Assert.InRange(auditor.Shop.Given - given, 1, 200);
        await AssertWholeAsync(auditor, verdict);
        Assert.Equal((Sold + 5, 1, 1), ((long)verdict["accepted"]!, (long)verdict["inFlight"]!, (long)verdict["terminal"]!["refunded"]!));
        Assert.Equal((2, 1), ((long)verdict["duplicated"]!, (long)verdict["lost"]!));
    }

    [Fact]
    public async Task A_save_writes_what_is_new_and_nothing_stays_that_nobody_names()
    {
        await using var auditor = await RunningAuditor.StartAsync();
        Fill(auditor.Shop);
        await auditor.FollowAsync();
        await auditor.SaveAsync();
        var before = Pieces(auditor);

        for (var i = 0; i < 20; i++)
        {
            auditor.Shop.Sell(Shop.Id(20_000 + i));
            await auditor.FollowAsync();
            await auditor.SaveAsync();
        }

        Assert.Equal(Named(auditor), Pieces(auditor));
        Assert.Equal(2, Pieces(auditor).Intersect(before).Count()); // the full pieces are where they were
        await auditor.RestartAsync();
        await AssertWholeAsync(auditor, await auditor.UpToDateAsync());
    }

    /// <summary>The process ends at each write of a save, one after the other.</summary>
    [Fact]
    public async Task Whenever_the_process_ends_within_a_save_the_next_one_goes_on_and_nothing_is_counted_twice()
    {
        await using var auditor = await RunningAuditor.StartAsync();
        Fill(auditor.Shop);
        await auditor.FollowAsync();
        await auditor.SaveAsync();
        GoOn(auditor.Shop);
        var isSaved = false;
        for (var writes = 0; !isSaved; writes++)
        {
            Assert.InRange(writes, 0, 20);
            var left = writes;
            await auditor.FollowAsync();
            auditor.Sidecar.Refuse = key => key.StartsWith("books", StringComparison.Ordinal) && --left < 0;
            isSaved = await Record.ExceptionAsync(auditor.SaveAsync) is null;
            auditor.Sidecar.Refuse = _ => false;

            var given = auditor.Shop.Given;
            await auditor.RestartAsync();
            var verdict = await auditor.UpToDateAsync();
            Assert.InRange(auditor.Shop.Given - given, 0, 200);
            await AssertWholeAsync(auditor, verdict);
            await auditor.RestartAsync(); // what that read anew is not what is gone on from
        }

        await auditor.FollowAsync();
        await auditor.SaveAsync();
        Assert.Equal(Named(auditor), Pieces(auditor));
    }

    [Theory]
    [InlineData("nothing there")]
    [InlineData("no JSON")]
    [InlineData("another version")]
    [InlineData("a piece that is gone")]
    [InlineData("a piece that is another")]
    [InlineData("a piece that is cut")]
    [InlineData("the rest of older books")]
    public async Task Saved_books_that_are_damaged_are_not_gone_on_from_and_are_replaced(string damage)
    {
        await using var auditor = await RunningAuditor.StartAsync();
        Fill(auditor.Shop);
        await auditor.FollowAsync();
        await auditor.SaveAsync();
        var given = auditor.Shop.Given;
        Damage(auditor, damage);

        await auditor.RestartAsync();
        var verdict = await auditor.UpToDateAsync();

        Assert.True(auditor.Shop.Given - given > Sold, "not all was read");
        await AssertWholeAsync(auditor, verdict);
        await auditor.RestartAsync();
        await auditor.FollowAsync();
        await auditor.SaveAsync();
        given = auditor.Shop.Given;
        await auditor.RestartAsync();
        await auditor.UpToDateAsync();
        Assert.InRange(auditor.Shop.Given - given, 0, 100);
    }

    [Fact]
    public async Task The_books_of_another_shop_are_not_gone_on_from()
    {
        await using var auditor = await RunningAuditor.StartAsync();
        Fill(auditor.Shop);
        await auditor.FollowAsync();
        await auditor.SaveAsync();
        await auditor.MoveAsync();
        auditor.Shop.Move("tea", "restock", 10);
        auditor.Shop.Sell(Shop.Id(50_000));

        await auditor.RestartAsync();
        var verdict = await auditor.UpToDateAsync();

        Assert.Equal((1, true), ((long)verdict["accepted"]!, (bool)verdict["consistent"]!));
    }

    [Fact]
    public async Task A_full_reconciliation_takes_the_saved_books_place_also_before_anybody_read_them()
    {
        await using var auditor = await RunningAuditor.StartAsync();
        Fill(auditor.Shop);
        await auditor.FollowAsync();
        await auditor.SaveAsync();
        await auditor.RestartAsync();

        await auditor.AskAsync("POST /audit/run");
        await auditor.SaveAsync();

        Assert.Equal(Named(auditor), Pieces(auditor));
        await auditor.RestartAsync();
        await AssertWholeAsync(auditor, await auditor.UpToDateAsync());
    }

    [Fact]
    public async Task Nobody_needs_to_save()
    {
        await using var auditor = await RunningAuditor.StartAsync("--AUDIT_EVERY_SECONDS=0.05", "--AUDIT_SAVE_EVERY_SECONDS=0.05");
        auditor.Shop.Move("tea", "restock", 10);
        auditor.Shop.Sell(Shop.Id(1));

        await Services.Support.Until.TrueAsync(() => auditor.Sidecar.Document("books") is not null, "the books to be saved");
    }

    /// <summary>Many that are settled, some under way, some wrong.</summary>
    private static void Fill(Shop shop)
    {
        for (var sku = 0; sku < 20; sku++) shop.Move($"sku-{sku}", "restock", 1_000_000);
        shop.Move("tea", "restock", 1000);
        for (var i = 0; i < Sold; i++) shop.Sell(Shop.Id(i), $"sku-{i % 20}");
        shop.Sell(Shop.Id(30_000));
        shop.Sell(Shop.Id(30_001));
        shop.Charge(Shop.Id(30_001), "refund"); // its refund is under way
        shop.Pay(Shop.Id(30_001), "refunded", 1000, 1000, 1000);
        shop.Order(Shop.Id(30_001), "confirmed", [.. Shop.Confirmed, "payment-refunded"]);
        shop.Move("tea", "reserve", 2, Shop.Id(30_002));
        shop.Order(Shop.Id(30_002), "accepted", "accepted", "stock-reserved");
        shop.Charge(Shop.Id(17), "capture"); // twice
        shop.Charge(Shop.Id(40_000), "authorise"); // of nobody's order
    }

    private static void GoOn(Shop shop)
    {
        for (var i = 0; i < 2; i++) shop.Sell(Shop.Id(31_000 + i));
        shop.Move("tea", "return", 2, Shop.Id(30_001));
        shop.Order(Shop.Id(30_001), "refunded", [.. Shop.Confirmed, "payment-refunded", "stock-returned", "refunded"]);
        shop.Order(Shop.Id(30_000), "confirmed", [.. Shop.Confirmed, "payment-refunded"]); // one that was settled
        shop.Charge(Shop.Id(30_000), "refund");
        shop.Pay(Shop.Id(30_000), "refunded", 1000, 1000, 1000);
        shop.Charge(Shop.Id(18), "capture");
    }

    private static void Damage(RunningAuditor auditor, string damage)
    {
        var (sidecar, manifest) = (auditor.Sidecar, JsonNode.Parse(auditor.Sidecar.Document("books")!)!);
        var piece = manifest["settled"]![1]!["key"]!.ToString();
        switch (damage)
        {
            case "nothing there": sidecar.Put("books", null); break;
            case "no JSON": sidecar.Put("books", "{\"format\":1,"); break;
            case "another version":
                manifest["format"] = 2;
                sidecar.Put("books", manifest.ToJsonString());
                break;
            case "a piece that is gone": sidecar.Put(piece, null); break;
            case "a piece that is another": sidecar.Put(piece, sidecar.Document(manifest["settled"]![0]!["key"]!.ToString())); break;
            case "a piece that is cut": sidecar.Put(piece, sidecar.Document(piece)![..1000]); break;
            case "the rest of older books":
                sidecar.Put(manifest["rest"]![0]!["key"]!.ToString(), """{"bytes":"e30="}""");
                break;
            default: throw new ArgumentOutOfRangeException(nameof(damage), damage, null);
        }
    }

    /// <summary>One that reads all says the same, but for the time.</summary>
    private static async Task AssertWholeAsync(RunningAuditor auditor, JsonObject verdict)
    {
        var (status, whole) = await auditor.AskAsync("POST /audit/run");
        Assert.Equal(200, status);
        Assert.Equal(Said(whole), Said(verdict));
    }

    private static string Said(JsonObject verdict)
    {
        var said = verdict.DeepClone().AsObject();
        foreach (var moving in new[] { "asOf", "oldestInFlightSeconds" }) said.Remove(moving);
        said["findings"] = string.Join('\n', verdict["findings"]!.AsArray().Select(finding => finding!.ToJsonString()).Order(StringComparer.Ordinal));
        return said.ToString();
    }

    private static IEnumerable<string> Pieces(RunningAuditor auditor) => auditor.Sidecar.Keys("books-").Order(StringComparer.Ordinal);

    private static IEnumerable<string> Named(RunningAuditor auditor)
    {
        var manifest = JsonNode.Parse(auditor.Sidecar.Document("books")!)!;
        return manifest["settled"]!.AsArray().Concat(manifest["rest"]!.AsArray()).Select(named => named!["key"]!.ToString()).Order(StringComparer.Ordinal);
    }
}
