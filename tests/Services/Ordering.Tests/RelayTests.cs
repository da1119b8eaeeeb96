using System.Collections.Concurrent;
using System.Text.Json;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;
using DaprOrders.Ordering.Publishing;
using DaprOrders.Services.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace DaprOrders.Ordering.Tests;

/// <summary>The relay against a sidecar's bulk publish as daprd has it.</summary>
public sealed class RelayTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("ordering-relay-").FullName;
    private readonly ConcurrentQueue<JsonElement> published = new();
    private readonly ConcurrentDictionary<string, string> refused = new();
    private WebApplication sidecar = null!;
    private OrderEventStore store = null!;
    private OrdersTopic topic = null!;
    private Shares shares = null!;
    private Relay relay = null!;
    private volatile bool isDown;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        sidecar = builder.Build();
        sidecar.MapPost("/v1.0/publish/bulk/orders-pubsub/orders", PublishAsync);
        await sidecar.StartAsync();
        store = Some.Store(folder);
        topic = new OrdersTopic(new ConfigurationBuilder().AddInMemoryCollection(
            new Dictionary<string, string?> { ["DAPR_HTTP_ENDPOINT"] = sidecar.Urls.First(), ["DAPR_API_TOKEN"] = "secret" }).Build());
        shares = new Shares(store, Some.Options(folder), TimeProvider.System, NullLogger<Shares>.Instance);
        await shares.StartAsync(CancellationToken.None);
        relay = new Relay(store, shares, topic, TimeProvider.System, NullLogger<Relay>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await relay.StopAsync(CancellationToken.None);
        relay.Dispose();
        await shares.StopAsync(CancellationToken.None);
        shares.Dispose();
        topic.Dispose();
        await sidecar.DisposeAsync();
        await store.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task An_event_goes_out_as_a_CloudEvent_with_the_order_id_as_the_key_of_every_broker_that_has_one()
    {
        await store.PlaceAsync("o1", "key");

        await relay.StartAsync(CancellationToken.None);
        await Until.TrueAsync(() => store.Read.Outbox().Waiting == 0, "the mark of the published event");

        var entry = Assert.Single(published);
        Assert.Equal(("o1:1", "application/cloudevents+json"), (entry.GetProperty("entryId").GetString(), entry.GetProperty("contentType").GetString()));
        Assert.Equal(["partitionKey=o1", "orderingKey=o1", "SessionId=o1"], entry.GetProperty("metadata").EnumerateObject().Select(key => $"{key.Name}={key.Value}"));
        var sent = entry.GetProperty("event");
        Assert.Equal(("o1:1", "com.daprorders.order.accepted.v1", "o1"), (sent.GetProperty("id").GetString(), sent.GetProperty("type").GetString(), sent.GetProperty("subject").GetString()));
        Assert.Equal("accepted", sent.GetProperty("data").GetProperty("status").GetString());
    }

    [Fact]
    public async Task An_event_carries_its_orders_trace_for_whoever_hears_of_it()
    {
        const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        await store.PlaceAsync(new Asked("demo\n/orders\nkey", "hash"), Some.Order() with { Trace = Trace }, Some.Accepted(), [1]);
        await store.PlaceAsync("o2", "key-2");

        await relay.StartAsync(CancellationToken.None);
        await Until.TrueAsync(() => store.Read.Outbox().Waiting == 0, "the mark of the published events");

        var events = published.Select(entry => entry.GetProperty("event")).ToDictionary(sent => sent.GetProperty("subject").GetString()!);
        Assert.Equal((Trace, Trace), (events["o1"].GetProperty("traceparent").GetString(), events["o1"].GetProperty("traceid").GetString()));
        Assert.False(events["o2"].TryGetProperty("traceparent", out _));
    }

    [Fact]
    public async Task Only_what_the_bus_did_not_take_goes_again_and_what_follows_of_its_order_waits_for_it()
    {
        refused["o1:1"] = "partition without leader";
        await store.PlaceAsync("o1", "key-1");
        await store.AppendAsync("o1", _ => [new Happening(OrderEventNames.StockReserved)], Some.Now);
        await store.PlaceAsync("o2", "key-2");

        await relay.StartAsync(CancellationToken.None);
        await Until.TrueAsync(() => store.Read.Outbox().Waiting == 0, "the mark of the published events");

        Assert.Equal(["o2:1", "o1:1", "o1:2"], published.Select(entry => entry.GetProperty("entryId").GetString()));
    }

    [Fact]
    public async Task What_waited_while_the_bus_was_away_goes_out_once_when_it_is_back()
    {
        isDown = true;
        for (var i = 0; i < 20; i++) await store.PlaceAsync($"o{i}", $"key-{i}");
        await relay.StartAsync(CancellationToken.None);

        isDown = false;
        await Until.TrueAsync(() => store.Read.Outbox().Waiting == 0, "the mark of the published events");

        Assert.Equal(20, published.Select(entry => entry.GetProperty("entryId").GetString()).Distinct().Count());
        Assert.Equal(20, published.Count);
    }

    private async Task PublishAsync(HttpContext context)
    {
        Assert.Equal("secret", context.Request.Headers["dapr-api-token"]);
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        var away = isDown; // once: who comes back in the middle of an answer must not say yes to what it did not take
        var failed = new List<object>();
        foreach (var entry in body.RootElement.EnumerateArray().Select(entry => entry.Clone()))
        {
            var id = entry.GetProperty("entryId").GetString()!;
            if (away) break;
            if (refused.TryRemove(id, out var error)) failed.Add(new { entryId = id, error });
            else published.Enqueue(entry);
        }

        context.Response.StatusCode = away || failed.Count > 0 ? 500 : 204;
        if (failed.Count > 0) await context.Response.WriteAsJsonAsync(new { failedEntries = failed, errorCode = "ERR_PUBSUB_PUBLISH_MESSAGE" });
    }
}
