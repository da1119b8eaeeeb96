using System.Net;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using LocalDapr.Runtime.Outbox;
using LocalDapr.Runtime.PubSub.CloudEvents;
using LocalDapr.Runtime.State;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace LocalDapr.Runtime.Tests.Outbox;

public sealed class OutboxTests
{
    private static readonly OutboxTarget Target = new("pubsub", "orders");
    private static readonly string[] Resources =
    [
        OneSidecar.Component("pubsub", "pubsub.sqlite", ("connectionString", "{folder}/pubsub.db")),
        OneSidecar.Component(
            "store", "state.sqlite", ("connectionString", "{folder}/state.db"), ("outboxPublishPubsub", "pubsub"), ("outboxPublishTopic", "orders")),
        "apiVersion: dapr.io/v2alpha1\nkind: Subscription\nmetadata: {name: orders}\n"
            + "spec: {pubsubname: pubsub, topic: orders, routes: {default: /orders} }",
    ];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_transaction_publishes_what_it_stores_and_a_refused_one_nothing()
    {
        var events = Channel.CreateUnbounded<JsonElement>();
        await using var one = await OneSidecar.StartAsync(Collect(events), configuration: null, Resources);

        Assert.Equal(HttpStatusCode.InternalServerError, await TransactAsync(one, "a", "\"etag\": \"none\","));
        Assert.Equal(HttpStatusCode.NoContent, await TransactAsync(one, "b", ""));

        var seen = await events.Reader.ReadAsync(Stop);
        Assert.Equal("b", seen.GetProperty("data").GetProperty("of").GetString());
        Assert.Equal("app", seen.GetProperty("source").GetString());
    }

    [Fact]
    public async Task A_transaction_that_could_not_publish_stores_nothing()
    {
        await using var one = await OneSidecar.StartAsync(app: null, configuration: null, Resources[1]);

        Assert.Equal(HttpStatusCode.InternalServerError, await TransactAsync(one, "a", ""));

        using var read = await one.Http.GetAsync(new Uri("/v1.0/state/store/a", UriKind.Relative), Stop);
        Assert.Equal(HttpStatusCode.NoContent, read.StatusCode);
    }

    [Fact]
    public void Metadata_become_attributes_and_none_replaces_id_data_or_target()
    {
        var seen = Event(Request("1", ("type", "t"), ("tenant", "acme"), ("id", "x"), ("data", "x"), ("topic", "x"), ("pubsubname", "x")));

        Assert.Equal(("t", "acme"), (Text(seen, "type"), Text(seen, "tenant")));
        Assert.Equal(("orders", "pubsub", "1"), (Text(seen, "topic"), Text(seen, "pubsubname"), Text(seen, "data")));
        Assert.StartsWith("outbox-", Text(seen, "id"), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_a_value_of_the_type_JSON_is_published_as_JSON()
    {
        Assert.Equal(JsonValueKind.Object, Event(Request("{\"a\":1}", ("contentType", "application/json"))).GetProperty("data").ValueKind);
        Assert.Equal("{\"a\":1}", Text(Event(Request("{\"a\":1}")), "data"));
        Assert.Equal("plain", Text(Event(Request("\"plain\"")), "data"));
    }

    private static RequestDelegate Collect(Channel<JsonElement> events) => async context =>
    {
        if (context.Request.Path != "/orders")
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        using var body = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
        await events.Writer.WriteAsync(body.RootElement.Clone(), context.RequestAborted);
    };

    private static async Task<HttpStatusCode> TransactAsync(OneSidecar one, string key, string more)
    {
        var json = $$"""
            {"operations": [{"operation": "upsert", "request":
              {"key": "{{key}}", {{more}} "value": {"of": "{{key}}"}, "metadata": {"contentType": "application/json"} } }]}
            """;
        using var content = new StringContent(json);
        using var answer = await one.Http.PostAsync(new Uri("/v1.0/state/store/transaction", UriKind.Relative), content, Stop);
        return answer.StatusCode;
    }

    private static StateRequest Request(string value, params (string Name, string Value)[] metadata) => new("k")
    {
        Value = Encoding.UTF8.GetBytes(value), Metadata = metadata.ToDictionary(m => m.Name, m => m.Value),
    };

    private static JsonElement Event(StateRequest request)
    {
        using var document = JsonDocument.Parse(OutboxEvent.Make(request, request, Target, "app", default, DateTimeOffset.UnixEpoch));
        return document.RootElement.Clone();
    }

    private static string? Text(JsonElement seen, string name) => seen.GetProperty(name).GetString();
}
