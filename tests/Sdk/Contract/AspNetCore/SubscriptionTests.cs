using System.Text.Json;
using Dapr;
using Dapr.AspNetCore;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Sdk.Contract.AspNetCore;

public sealed class SubscriptionTests
{
    [Fact]
    public async Task A_route_with_a_topic_is_one_subscription()
    {
        var list = await ListAsync(app => app.MapPost("/on-order", () => { }).WithTopic("bus", "orders"));

        Assert.Equal("""[{"topic":"orders","pubsubName":"bus","route":"on-order"}]""", list);
    }

    [Fact]
    public async Task What_a_topic_may_have_is_all_in_its_subscription()
    {
        var list = await ListAsync(app => app.MapPost("/on-order", () => { }).WithTopic(new TopicOptions
        {
            PubsubName = "bus", Name = "orders", DeadLetterTopic = "dead", EnableRawPayload = true, Metadata = new Dictionary<string, string> { ["group"] = "a" },
        }));

        Assert.Equal(
            """[{"topic":"orders","pubsubName":"bus","route":"on-order","metadata":{"group":"a","rawPayload":"true"},"deadLetterTopic":"dead"}]""", list);
    }

    [Fact]
    public async Task Rules_stand_in_the_order_of_their_priorities_and_the_rest_has_a_default()
    {
        var list = await ListAsync(app =>
        {
            app.MapPost("/rest", () => { }).WithTopic("bus", "orders");
            app.MapPost("/big", () => { }).WithTopic(new TopicOptions { PubsubName = "bus", Name = "orders", Match = "event.data.total > 100", Priority = 2 });
            app.MapPost("/huge", () => { }).WithTopic(new TopicOptions { PubsubName = "bus", Name = "orders", Match = "event.data.total > 900", Priority = 1 });
        });

        Assert.Equal(
            "[{\"topic\":\"orders\",\"pubsubName\":\"bus\",\"routes\":{\"default\":\"rest\",\"rules\":[{\"match\":\"event.data.total > 900\",\"path\":\"huge\"},"
            + "{\"match\":\"event.data.total > 100\",\"path\":\"big\"}]}}]",
            list);
    }

    [Fact]
    public async Task A_bulk_subscription_says_how_many_and_how_long()
    {
        var list = await ListAsync(app => app.MapPost("/many", () => { }).WithTopic("bus", "orders")
            .WithBulkSubscribe(new BulkSubscribeTopicOptions { TopicName = "orders", MaxMessagesCount = 250, MaxAwaitDurationMs = 40 }));

        using var parsed = JsonDocument.Parse(list);
        var bulk = parsed.RootElement[0].GetProperty("bulkSubscribe");
        Assert.True(bulk.GetProperty("enabled").GetBoolean());
        Assert.Equal(250, bulk.GetProperty("maxMessagesCount").GetInt32());
        Assert.Equal(40, bulk.GetProperty("maxAwaitDurationMs").GetInt32());
    }

    [Fact]
    public async Task Raw_payloads_can_be_the_applications_rule()
    {
        var list = await ListAsync(
            app => app.MapPost("/on-order", () => { }).WithTopic("bus", "orders"), new SubscribeOptions { EnableRawPayload = true });

        Assert.Equal("""[{"topic":"orders","pubsubName":"bus","route":"on-order","metadata":{"rawPayload":"true"}}]""", list);
    }

    [Fact]
    public async Task Subscriptions_are_sorted_and_other_routes_are_none()
    {
        var list = await ListAsync(app =>
        {
            app.MapGet("/orders/{id}", (string id) => id);
            app.MapPost("/b", () => { }).WithTopic("bus", "b");
            app.MapPost("/z", () => { }).WithTopic("another", "z");
            app.MapPost("/a", () => { }).WithTopic("bus", "a");
        });

        using var parsed = JsonDocument.Parse(list);
        Assert.Equal(["z", "a", "b"], parsed.RootElement.EnumerateArray().Select(one => one.GetProperty("topic").GetString()!));
    }

    [Fact]
    public async Task Attributes_of_a_controller_subscribe_with_the_metadata_they_own()
    {
        await using var app = await WebApp.StartAsync(
            builder => builder.Services.AddControllers().AddDapr().AddApplicationPart(typeof(OnOrders).Assembly),
            app =>
            {
                app.MapControllers();
                app.MapSubscribeHandler();
            });

        using var list = JsonDocument.Parse(await app.GetAsync("dapr/subscribe"));

        var orders = list.RootElement.EnumerateArray().Single(one => one.GetProperty("topic").GetString() == "attributed");
        Assert.Equal("on-orders", orders.GetProperty("route").GetString());
        Assert.Equal("dead", orders.GetProperty("deadLetterTopic").GetString());
        Assert.Equal("""{"group":"a;b","all":"yes"}""", orders.GetProperty("metadata").GetRawText());
        Assert.Equal(7, orders.GetProperty("bulkSubscribe").GetProperty("maxMessagesCount").GetInt32());
        var others = list.RootElement.EnumerateArray().Single(one => one.GetProperty("topic").GetString() == "other");
        Assert.Equal("""{"all":"yes"}""", others.GetProperty("metadata").GetRawText());
    }

    [Fact]
    public async Task A_bulk_delivery_is_read_and_answered_in_the_wires_words()
    {
        await using var app = await WebApp.StartAsync(app => app.MapPost("/many", (BulkSubscribeMessage<BulkMessageModel<int>> message) =>
            new BulkSubscribeAppResponse([.. message.Entries.Select(entry => new BulkSubscribeAppResponseEntry(
                entry.EntryId, entry.Event.Data > 1 ? BulkSubscribeAppResponseStatus.DROP : BulkSubscribeAppResponseStatus.SUCCESS))])));

        var (_, answer) = await app.PostAsync("many", """
            {"id":"x","topic":"orders","pubsubname":"bus","metadata":{"a":"b"},"type":"com.dapr.event.sent.bulk","entries":[
             {"entryId":"1","contentType":"application/cloudevents+json","metadata":{},"event":{"id":"e1","source":"s","type":"t","specversion":"1.0","datacontenttype":"application/json","data":1}},
             {"entryId":"2","contentType":"application/cloudevents+json","event":{"id":"e2","source":"s","type":"t","specversion":"1.0","datacontenttype":"application/json","data":2}}]}
            """, "application/json");

        Assert.Equal("""{"statuses":[{"entryId":"1","status":"SUCCESS"},{"entryId":"2","status":"DROP"}]}""", answer);
    }

    private static async Task<string> ListAsync(Action<WebApplication> routes, SubscribeOptions? options = null)
    {
        await using var app = await WebApp.StartAsync(app =>
        {
            routes(app);
            if (options is null) app.MapSubscribeHandler();
            else app.MapSubscribeHandler(options);
        });
        return System.Text.RegularExpressions.Regex.Unescape(await app.GetAsync("dapr/subscribe"));
    }
}

[ApiController]
public sealed class OnOrders : ControllerBase
{
    [Topic("bus", "attributed", deadLetterTopic: "dead", enableRawPayload: false, ownedMetadatas: ["own"], metadataSeparator: ";")]
    [Topic("bus", "other")]
    [BulkSubscribe("attributed", 7)]
    [TopicMetadata("own", "group", "a")]
    [TopicMetadata("own", "group", "b")]
    [TopicMetadata("all", "yes")]
    [HttpPost("on-orders")]
    public IActionResult Take() => Ok();
}
