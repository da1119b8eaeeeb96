using System.Text.Json.Nodes;
using DaprOrders.Services.Support;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace DaprOrders.Notifications.Tests;

/// <summary>What could not be handled is kept, shown, tried again and put away.</summary>
public sealed class DeadLetterTests : IAsyncLifetime
{
    private RunningNotifications shop = null!;

    public ValueTask InitializeAsync() => BeginAsync();

    public ValueTask DisposeAsync() => shop.DisposeAsync();

    [Fact]
    public async Task What_fails_in_all_its_tries_is_kept_with_its_error_and_the_number_of_tries()
    {
        shop.Sidecar.MailIsDown = true;
        var cloudEvent = RunningNotifications.Event("o1", 6, "c1", "confirmed", "confirmed");

        Assert.Equal(["RETRY"], await shop.DeliverAsync(cloudEvent));
        Assert.Equal(["RETRY"], await shop.DeliverAsync(cloudEvent));
        await shop.BuryAsync(cloudEvent);
        await shop.BuryAsync(cloudEvent); // a second delivery of the same

        var (_, page, _) = await shop.AskAsync("GET /dead-letters");
        var letter = Assert.Single(page["items"]!.AsArray())!.AsObject();
        Assert.Equal(["id", "subscriber", "eventId", "orderId", "error", "attempts", "at", "status"], letter.Select(member => member.Key));
        Assert.Equal(("notifications", "o1:6", "o1", "open", 2), ($"{letter["subscriber"]}", $"{letter["eventId"]}", $"{letter["orderId"]}", $"{letter["status"]}", (int)letter["attempts"]!));
        Assert.Contains("mail server is down", $"{letter["error"]}", StringComparison.Ordinal);
        var (_, one, _) = await shop.AskAsync($"GET /dead-letters/{letter["id"]}");
        Assert.Equal("o1:6", $"{one["event"]!["id"]}");
        Assert.Empty(one["acts"]!.AsArray());
    }

    [Fact]
    public async Task What_nobody_understands_goes_to_the_dead_letters_at_once()
    {
        var garbled = new JsonObject { ["specversion"] = "1.0", ["id"] = "o9:1", ["data"] = "no order" };

        Assert.Equal(["DROP", "SUCCESS"], await shop.DeliverAsync(garbled, RunningNotifications.Event("o1", 1, "c1")));
        await shop.BuryAsync(garbled);

        var letter = await OnlyAsync();
        Assert.Equal(("o9", 1), ($"{letter["orderId"]}", (int)letter["attempts"]!));
        Assert.Contains("understood", $"{letter["error"]}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replay_that_works_tells_the_customer_and_is_recorded()
    {
        var id = await BuryAnEndAsync("o1");

        var (status, body, _) = await shop.AskAsync($"POST /dead-letters/{id}/replay");

        Assert.Equal((202, "replaying"), (status, $"{body["status"]}"));
        var settled = await shop.EventuallyAsync($"/dead-letters/{id}", l => $"{l["status"]}" == "replayed", "the replay");
        var act = Assert.Single(settled["acts"]!.AsArray())!;
        Assert.Equal(("operator", "replay"), ($"{act["by"]}", $"{act["act"]}"));
        Assert.Single(shop.Sidecar.Mails);
        await Until.TrueAsync(() => shop.Sidecar.Document("dead-letters-replaying") == """{"ids":[]}""", "the note of it to go, as it does last");
    }

    [Fact]
    public async Task A_replay_that_fails_is_open_again_with_the_new_error_and_can_be_replayed_again()
    {
        var id = await BuryAnEndAsync("o1");
        shop.Sidecar.MailIsDown = true;

        await shop.AskAsync($"POST /dead-letters/{id}/replay", new JsonObject { ["reason"] = "let us see" });
        var open = await shop.EventuallyAsync($"/dead-letters/{id}", l => $"{l["status"]}" == "open" && l["acts"]!.AsArray().Count == 1, "the failed replay");
        shop.Sidecar.MailIsDown = false;
        await shop.AskAsync($"POST /dead-letters/{id}/replay");
        var replayed = await shop.EventuallyAsync($"/dead-letters/{id}", l => $"{l["status"]}" == "replayed", "the second replay");

        Assert.Contains("mail server is down", $"{open["error"]}", StringComparison.Ordinal);
        Assert.Equal(2, (int)open["attempts"]!);
        Assert.Equal(2, replayed["acts"]!.AsArray().Count);
        Assert.Equal("let us see", $"{replayed["acts"]![0]!["reason"]}");
    }

    [Fact]
    public async Task A_replay_that_a_crash_cut_off_is_found_again()
    {
        await shop.DisposeAsync();
        await BeginAsync("--Notifications:LongestReplay=00:00:05"); // so long after it began it counts as cut off, and so long the next one may take
        var id = await BuryAnEndAsync("o1");
        shop.Sidecar.Refuse = key => key == $"notified-o1-6"; // the mail goes out, the note of it does not
        await shop.AskAsync($"POST /dead-letters/{id}/replay");
        await shop.EventuallyAsync($"/dead-letters/{id}", l => $"{l["status"]}" == "open", "the failed replay");
        shop.Sidecar.Refuse = key => key == $"dead-{id}" && shop.Sidecar.Mails.Count > 1; // it cannot be written down that it worked
        await shop.AskAsync($"POST /dead-letters/{id}/replay");
        await Until.TrueAsync(() => shop.Sidecar.Mails.Count > 1, "the second mail");

        await shop.RestartAsync();
        shop.Sidecar.Refuse = _ => false;

        await shop.EventuallyAsync($"/dead-letters/{id}", l => $"{l["status"]}" == "replayed", "the replay after the restart");
    }

    [Fact]
    public async Task The_auditors_dead_letters_are_kept_here_beside_the_own_ones_and_sent_again_to_the_auditor()
    {
        var cloudEvent = RunningNotifications.Event("o1", 6, "c1", "confirmed", "confirmed");
        await shop.BuryAsync(cloudEvent);
        cloudEvent["data"]!.AsObject().Remove("status");
        await shop.BuryAsync(cloudEvent, "/on-auditor-dead-letter");
        var answers = new Queue<string>(["""{"error":"The event names no order."}""", "{}"]);
        shop.Sidecar.Apps["auditor"] = context => context.Response.WriteAsync(answers.Dequeue());

        var (_, page, _) = await shop.AskAsync("GET /dead-letters");
        var letter = page["items"]!.AsArray().Single(item => $"{item!["subscriber"]}" == "auditor")!;
        await shop.AskAsync($"POST /dead-letters/{letter["id"]}/replay");
        var failed = await shop.EventuallyAsync($"/dead-letters/{letter["id"]}", l => $"{l["status"]}" == "open", "the first replay to fail");
        await shop.AskAsync($"POST /dead-letters/{letter["id"]}/replay");
        var replayed = await shop.EventuallyAsync($"/dead-letters/{letter["id"]}", l => $"{l["status"]}" == "replayed", "the second replay");

        Assert.Equal(["auditor", "notifications"], page["items"]!.AsArray().Select(item => $"{item!["subscriber"]}"));
        Assert.Contains("no id, order, customer or status", $"{letter["error"]}", StringComparison.Ordinal);
        Assert.Equal("The event names no order.", $"{failed["error"]}");
        Assert.Equal(2, replayed["acts"]!.AsArray().Count);
        Assert.Equal(2, shop.Sidecar.Invoked.Count(call => call.Path == "POST auditor/internal/order-end" && call.Body.Contains("o1:6", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_is_discarded_is_settled_and_nothing_more_can_be_done_with_it()
    {
        var id = await BuryAnEndAsync("o1");

        var (status, body, _) = await shop.AskAsync($"POST /dead-letters/{id}/discard", new JsonObject { ["reason"] = "told by telephone" });
        var (second, problem, _) = await shop.AskAsync($"POST /dead-letters/{id}/replay");

        Assert.Equal((202, "discarded"), (status, $"{body["status"]}"));
        Assert.Equal("told by telephone", $"{body["acts"]![0]!["reason"]}");
        Assert.Equal((409, "wrong-state", "discarded"), (second, $"{problem["code"]}", $"{problem["currentStatus"]}"));
    }

    [Fact]
    public async Task The_same_key_is_the_same_act_and_another_body_under_it_is_refused()
    {
        var id = await BuryAnEndAsync("o1");
        var reason = new JsonObject { ["reason"] = "told by telephone" };

        var (_, first, _) = await shop.AskAsync($"POST /dead-letters/{id}/discard", reason, key: "k1");
        var (again, repeated, answer) = await shop.AskAsync($"POST /dead-letters/{id}/discard", reason, key: "k1");
        var (reused, problem, _) = await shop.AskAsync($"POST /dead-letters/{id}/discard", new JsonObject { ["reason"] = "another" }, key: "k1");
        var (other, _, _) = await shop.AskAsync($"POST /dead-letters/{id}/discard", reason, key: "k2");

        Assert.Equal(202, again);
        Assert.Equal(first.ToJsonString(), repeated.ToJsonString());
        Assert.Equal("true", Assert.Single(answer.Headers.GetValues("Idempotency-Replayed")));
        Assert.Equal((422, "key-reused"), (reused, $"{problem["code"]}"));
        Assert.Equal(409, other);
    }

    [Theory]
    [InlineData("GET /dead-letters", "customer", null, 403, "forbidden")]
    [InlineData("GET /dead-letters/00000000000000000000000000000000", "operator", null, 404, "not-found")]
    [InlineData("GET /dead-letters/nothing", "operator", null, 404, "not-found")]
    [InlineData("GET /dead-letters?limit=0", "operator", null, 400, "invalid-request")]
    [InlineData("GET /dead-letters?limit=201", "operator", null, 400, "invalid-request")]
    [InlineData("GET /dead-letters?cursor=x", "operator", null, 400, "invalid-request")]
    [InlineData("POST /dead-letters/ID/replay", "customer", null, 403, "forbidden")]
    [InlineData("POST /dead-letters/nothing/replay", "operator", null, 404, "not-found")]
    [InlineData("POST /dead-letters/ID/replay", "operator", """{"reazon":"x"}""", 400, "invalid-request")]
    [InlineData("POST /dead-letters/ID/discard", "operator", "{}", 400, "invalid-request")]
    [InlineData("POST /dead-letters/ID/discard", "operator", """{"reason":""}""", 400, "invalid-request")]
    [InlineData("DELETE /dead-letters/ID", "operator", null, 405, "method-not-allowed")]
    public async Task What_is_refused_is_a_problem(string line, string role, string? body, int status, string code)
    {
        var id = await BuryAnEndAsync("o1");

        var (answered, problem, answer) = await shop.AskAsync(line.Replace("ID", id, StringComparison.Ordinal), body is null ? null : JsonNode.Parse(body), role: role);

        Assert.Equal((status, code), (answered, $"{problem["code"]}"));
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task A_store_that_is_away_is_unavailable_and_leaves_the_letter_open()
    {
        var id = await BuryAnEndAsync("o1");
        shop.Sidecar.Refuse = _ => true;

        var (status, problem, answer) = await shop.AskAsync($"POST /dead-letters/{id}/discard", new JsonObject { ["reason"] = "told" });

        Assert.Equal((503, "unavailable"), (status, $"{problem["code"]}"));
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Equal("open", $"{(await OnlyAsync())["status"]}");
    }

    [Fact]
    public async Task Pages_show_every_letter_once_newest_first_also_over_several_leaves_of_the_index()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 230), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) => await BuryAnEndAsync($"o{i}"));
        await BuryAnEndAsync("last");

        var seen = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var (_, page, _) = await shop.AskAsync($"GET /dead-letters?limit=60{(cursor.Length == 0 ? "" : $"&cursor={cursor}")}");
            seen.AddRange(page["items"]!.AsArray().Select(item => $"{item!["orderId"]}"));
            cursor = page["nextCursor"]?.ToString();
        }

        Assert.Equal("last", seen[0]);
        Assert.Equal(231, seen.Count);
        Assert.Equal(231, seen.Distinct().Count());
    }

    private async ValueTask BeginAsync(params string[] options)
    {
        shop = await RunningNotifications.StartAsync(options);
        shop.Profiles["c1"] = new JsonObject { ["customerId"] = "c1", ["email"] = "c1@example.com", ["name"] = "One", ["wantsEmail"] = true };
    }

    private async Task<string> BuryAnEndAsync(string orderId)
    {
        await shop.BuryAsync(RunningNotifications.Event(orderId, 6, "c1", "confirmed", "confirmed"));
        return Notifications.DeadLetters.DeadLetter.IdOf("event", $"{orderId}:6");
    }

    private async Task<JsonObject> OnlyAsync()
    {
        var (_, page, _) = await shop.AskAsync("GET /dead-letters");
        return Assert.Single(page["items"]!.AsArray())!.AsObject();
    }
}
