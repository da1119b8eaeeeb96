using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using DaprOrders.Services.Support;
using LocalDapr.Cli.Run;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace DaprOrders.Notifications.Tests;

/// <summary>Customers' machines are told every event, signed, whatever they and the shop's own parts do meanwhile.</summary>
public sealed class WebhookTests : IAsyncLifetime
{
    private const string Secret = "0123456789abcdef";
    private RunningNotifications shop = null!;
    private Receiver receiver = null!;

    public async ValueTask InitializeAsync()
    {
        receiver = await Receiver.StartAsync();
        await BeginAsync(giveUpSeconds: 600); // nobody is given up because the machine is slow
    }

    public async ValueTask DisposeAsync()
    {
        await shop.DisposeAsync();
        await receiver.DisposeAsync();
    }

    [Fact]
    public async Task Every_event_of_the_customers_orders_arrives_once_in_order_as_a_signed_CloudEvent()
    {
        JsonObject[] events = [.. Enumerable.Range(1, 6).Select(version => Event("o1", version))];

        Assert.All(await shop.DeliverAsync(events), status => Assert.Equal("SUCCESS", status));
        Assert.All(await shop.DeliverAsync(events), status => Assert.Equal("SUCCESS", status)); // the bus delivers at least once
        await shop.DeliverAsync(Event("o2", 1), Event("o3", 1, customer: "somebody else"));
        await Until.TrueAsync(() => receiver.EventIds.Contains("o2:1") && receiver.Received.Count >= 7, "the events");

        Assert.Equal(["o1:1", "o1:2", "o1:3", "o1:4", "o1:5", "o1:6"], receiver.EventIds.Where(id => id.StartsWith("o1", StringComparison.Ordinal)));
        Assert.Equal(7, receiver.Received.Count);
        var first = receiver.Received.First(r => $"{r.Event["id"]}" == "o1:1");
        Assert.StartsWith("application/cloudevents+json", first.ContentType, StringComparison.Ordinal);
        Assert.Equal(["specversion", "id", "source", "type", "subject", "datacontenttype", "time", "data"], first.Event.Select(member => member.Key));
        Assert.Equal("com.daprorders.order.accepted.v1", $"{first.Event["type"]}");
        Assert.Equal("o1", $"{first.Event["data"]!["orderId"]}");
        var parts = first.Signature.Split(',');
        var mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes($"{parts[0][2..]}.{first.Body}"));
        Assert.Equal($"v1={Convert.ToHexStringLower(mac)}", parts[1]);
        Assert.InRange(DateTimeOffset.UtcNow - DateTimeOffset.FromUnixTimeSeconds(long.Parse(parts[0][2..])), TimeSpan.FromSeconds(-2), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_webhook_that_fails_is_tried_again_with_the_same_body_and_later_events_of_the_order_wait()
    {
        var failures = 2;
        receiver.Answer = context =>
        {
            context.Response.StatusCode = Interlocked.Decrement(ref failures) >= 0 ? 500 : 200;
            return Task.CompletedTask;
        };

        await shop.DeliverAsync(Event("o1", 1), Event("o1", 2));
        await Until.TrueAsync(() => receiver.EventIds.Contains("o1:2"), "the second event");

        Assert.Equal(["o1:1", "o1:1", "o1:1", "o1:2"], receiver.EventIds);
        Assert.Single(receiver.Received.Take(3).Select(r => r.Body).Distinct());
        var (_, page, _) = await shop.AskAsync("GET /dead-letters");
        Assert.Empty(page["items"]!.AsArray());
    }

    [Fact]
    public async Task A_webhook_that_is_gone_ends_in_dead_letters_and_a_replay_tells_it_once_it_is_back()
    {
        await shop.DisposeAsync();
        await BeginAsync(giveUpSeconds: 2);
        await receiver.DisposeAsync();
        var port = FreePort.Take(1)[0]; // one that no connection is given until it is listened on
        Customer("c1", $"http://127.0.0.1:{port}/hook");
        Assert.Equal(["SUCCESS", "SUCCESS"], await shop.DeliverAsync(Event("o1", 1), Event("o1", 2)));
        var items = await LettersAsync(2);
        var id = items.First(item => $"{item["eventId"]}" == "o1:1")["id"];
        Assert.All(items, item => Assert.Equal(("notifications", "o1", "open"), ($"{item["subscriber"]}", $"{item["orderId"]}", $"{item["status"]}")));
        Assert.All(items, item => Assert.True((int)item["attempts"]! >= 1));
        Assert.Contains("not reached", $"{items[0]["error"]}", StringComparison.Ordinal);

        await shop.AskAsync($"POST /dead-letters/{id}/replay");
        await shop.EventuallyAsync($"/dead-letters/{id}", l => $"{l["status"]}" == "open", "the replay in vain");
        receiver = await Receiver.StartAsync(port);
        await shop.AskAsync($"POST /dead-letters/{id}/replay");
        await shop.EventuallyAsync($"/dead-letters/{id}", l => $"{l["status"]}" == "replayed", "the replay");

        Assert.Equal(["o1:1"], receiver.EventIds);
    }

    [Fact]
    public async Task A_webhook_that_never_answers_holds_up_neither_mails_nor_other_customers()
    {
        await using var stuck = await Receiver.StartAsync();
        var never = new TaskCompletionSource();
        stuck.Answer = context => never.Task.WaitAsync(context.RequestAborted);
        Customer("slow", stuck.Url);
        Customer("mail", webhook: null);

        await shop.DeliverAsync([.. Enumerable.Range(0, 100).Select(i => Event($"slow{i}", 1, "slow"))]);
        await Until.TrueAsync(() => stuck.Received.Count >= 4, "the slow one is asked");
        await shop.DeliverAsync(Event("o1", 1), RunningNotifications.Event("o2", 6, "mail", "confirmed", "confirmed"));
        await Until.TrueAsync(() => receiver.EventIds.Contains("o1:1"), "the other customer's event");

        Assert.Single(shop.Sidecar.Mails);
        Assert.Equal(4, stuck.Received.Count); // no more at a time
        never.SetResult();
    }

    [Fact]
    public async Task What_a_crash_left_untold_is_told_after_it()
    {
        await using var gone = await Receiver.StartAsync();
        var never = new TaskCompletionSource();
        gone.Answer = context => never.Task.WaitAsync(context.RequestAborted);
        Customer("c2", gone.Url);
        await shop.DeliverAsync(Event("o1", 1), Event("o2", 1, "c2"), Event("o2", 2, "c2"));
        await Until.TrueAsync(() => receiver.EventIds.Contains("o1:1") && gone.EventIds.Contains("o2:1"), "the first tries");
        await Until.TrueAsync(() => Untold().Count() == 2, "that the first one was told is written down"); // or it would be told again, rightly

        await shop.RestartAsync(); // the first try is still without an answer
        gone.Answer = context => Task.CompletedTask;
        never.SetResult();

        await Until.TrueAsync(() => gone.EventIds.Contains("o2:2"), "the rest");
        Assert.Equal(["o2:1", "o2:1", "o2:2"], gone.EventIds);
        Assert.Equal(["o1:1"], receiver.EventIds);
    }

    [Fact]
    public async Task A_store_that_is_away_leaves_the_events_with_the_bus()
    {
        shop.Sidecar.Refuse = key => key.StartsWith("hook-", StringComparison.Ordinal);
        Assert.Equal(["RETRY"], await shop.DeliverAsync(Event("o1", 1)));
        shop.Sidecar.Refuse = _ => false;

        Assert.Equal(["SUCCESS"], await shop.DeliverAsync(Event("o1", 1)));

        await Until.TrueAsync(() => receiver.EventIds.Contains("o1:1"), "the event");
        Assert.Single(receiver.Received);
    }

    [Fact]
    public async Task Redirects_are_not_followed()
    {
        await shop.DisposeAsync();
        await BeginAsync(giveUpSeconds: 2);
        receiver.Answer = context =>
        {
            context.Response.Redirect(receiver.Url.Replace("/hook", "/elsewhere", StringComparison.Ordinal));
            return Task.CompletedTask;
        };

        await shop.DeliverAsync(Event("o1", 1));

        Assert.Contains("302", $"{(await LettersAsync(1))[0]["error"]}", StringComparison.Ordinal);
        Assert.All(receiver.Received, r => Assert.Equal("/hook", r.Path));
    }

    [Fact]
    public async Task Outside_development_a_name_that_resolves_to_this_machine_is_refused_at_once()
    {
        await using var production = await RunningNotifications.StartAsync("--environment", "Production");
        production.Profiles["c1"] = Profile("c1", $"https://localhost:{new Uri(receiver.Url).Port}/hook");

        await production.DeliverAsync(Event("o1", 1));

        var (_, page, _) = await Until.FoundAsync(async () =>
        {
            var answer = await production.AskAsync("GET /dead-letters");
            return answer.Body["items"]!.AsArray().Count == 1 ? Tuple.Create(answer.Status, answer.Body, answer.Answer) : null;
        }, "the dead letter");
        Assert.Contains("public internet", $"{page["items"]![0]!["error"]}", StringComparison.Ordinal);
        Assert.Equal(1, (int)page["items"]![0]!["attempts"]!);
        Assert.Empty(receiver.Received);
    }

    [Fact]
    public async Task A_webhook_that_is_set_is_in_force_for_the_next_order_and_one_that_is_removed_gets_nothing_more()
    {
        Customer("c1", webhook: null);
        await shop.DeliverAsync(Event("o1", 1));
        Customer("c1", receiver.Url);
        var later = Event("o2", 1);
        later["data"]!["at"] = DateTimeOffset.UtcNow.ToString("o");
        await shop.DeliverAsync(later);
        await Until.TrueAsync(() => receiver.EventIds.Contains("o2:1"), "the next order's event");
        shop.Profiles.Remove("c1");

        Assert.Equal(["SUCCESS"], await shop.DeliverAsync(Event("o3", 1)));

        await Until.TrueAsync(() => !Untold().Any(), "nothing waits");
        Assert.DoesNotContain("o1:1", receiver.EventIds);
    }

    private async Task BeginAsync(int giveUpSeconds)
    {
        shop = await RunningNotifications.StartAsync($"--DAPRORDERS_NOTIFY_GIVE_UP_SECONDS={giveUpSeconds}", "--Notifications:Lease=00:00:03");
        Customer("c1", receiver.Url);
    }

    private static JsonObject Event(string orderId, long version, string customer = "c1") => RunningNotifications.Event(orderId, version, customer);

    private static JsonObject Profile(string id, string? webhook) => new()
    {
        ["customerId"] = id, ["email"] = $"{id}@example.com", ["name"] = id, ["wantsEmail"] = id == "mail", ["webhook"] = webhook, ["webhookSecret"] = webhook is null ? null : Secret,
    };

    private void Customer(string id, string? webhook) => shop.Profiles[id] = Profile(id, webhook);

    private IEnumerable<string> Untold() => shop.Sidecar.Keys("hook-").Where(key => shop.Sidecar.Document(key)?.Contains("\"body\":\"", StringComparison.Ordinal) == true);

    private async Task<List<JsonObject>> LettersAsync(int count) => await Until.FoundAsync(async () =>
    {
        var (_, page, _) = await shop.AskAsync("GET /dead-letters");
        var items = page["items"]!.AsArray().Select(item => item!.AsObject()).ToList();
        return items.Count == count ? items : null;
    }, $"{count} dead letters");
}
