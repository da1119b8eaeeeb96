using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace LocalDapr.Runtime.Tests.PubSub;

/// <summary>pubsub.in-memory has SUBSCRIBE_WILDCARDS: a topic that ends in a star is every topic that begins so and goes on.</summary>
public sealed class WildcardTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_pattern_gets_what_begins_so_beside_the_subscriptions_of_the_topics_themselves()
    {
        var seen = new ConcurrentQueue<string>();
        await using var one = await OneSidecar.StartAsync(context => AnswerAsync(context, seen), null, OneSidecar.Component("bus", "pubsub.in-memory"));

        foreach (var topic in (string[])["orders/placed", "orders/", "order", "orders/paid/late", "other"])
            (await one.Http.PostAsJsonAsync($"/v1.0/publish/bus/{topic}", topic, Stop)).EnsureSuccessStatusCode().Dispose();

        await OneSidecar.EventuallyAsync(() => Task.FromResult(seen.Count >= 3), "three deliveries");
        Assert.Equal(["/all orders/paid/late", "/all orders/placed", "/placed orders/placed"], seen.Order(StringComparer.Ordinal));
    }

    private static async Task AnswerAsync(HttpContext context, ConcurrentQueue<string> seen)
    {
        if (context.Request.Path == "/dapr/subscribe")
        {
            await context.Response.WriteAsJsonAsync(
                new[]
                {
                    new { pubsubname = "bus", topic = "orders/*", route = "all" }, new { pubsubname = "bus", topic = "orders/placed", route = "placed" },
                },
                Stop);
            return;
        }
        if (context.Request.Path.Value is not ("/all" or "/placed"))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        var received = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: Stop);
        seen.Enqueue($"{context.Request.Path} {received!["topic"]}");
    }
}
