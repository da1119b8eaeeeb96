using System.Net.Http.Json;
using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;
using LocalDapr.Runtime.Telemetry.Traces;
using Microsoft.AspNetCore.Http;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests.Telemetry;

/// <summary>Spans of API calls and deliveries, as a collector gets them.</summary>
public sealed class ApiSpanTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string CallerSpan = "b7ad6b7169203331";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http")]
    [InlineData("grpc")]
    public async Task A_call_of_the_HTTP_API_is_a_span_below_the_callers_over_either_protocol(string protocol)
    {
        await using var collector = await Collector.StartAsync(Stop);
        await using (var one = await OneSidecar.StartAsync(null, Traced(collector, protocol), OneSidecar.Component("store", "state.in-memory")))
        {
            using var answer = await one.Http.SendAsync(Traced(new(HttpMethod.Post, "/v1.0/state/store")
            {
                Content = JsonContent.Create(new[] { new { key = "k", value = 1 } }), Headers = { { "dapr-mine", "shown" } },
            }), Stop);
            using var wrong = await one.Http.SendAsync(Traced(new(HttpMethod.Get, "/v1.0/state/nowhere/k")), Stop);

            Assert.StartsWith($"00-{TraceId}-", Assert.Single(answer.Headers.GetValues("traceparent")), StringComparison.Ordinal);
            Assert.Equal("vendor=x", Assert.Single(answer.Headers.GetValues("tracestate")));
        }

        var spans = await collector.WaitAsync(spans => spans.Count == 2, "two spans");
        var saved = Assert.Single(spans, s => s.Name == "/v1.0/state/store");
        Assert.Equal(("app", "dapr-diagnostics", TraceId, CallerSpan, CollectedSpan.Client), (saved.Service, saved.Scope, saved.TraceId, saved.ParentId, saved.Kind));
        Assert.Equal(("state", "store", "POST /v1.0/state/store", "http", "204", "shown"), (
            saved.Attributes["db.system"], saved.Attributes["db.name"], saved.Attributes["db.statement"], saved.Attributes["dapr.protocol"],
            saved.Attributes["dapr.status_code"], saved.Attributes["dapr-mine"]));
        Assert.False(saved.IsError);
        var failed = Assert.Single(spans, s => s.Name == "/v1.0/state/nowhere/k");
        Assert.Equal((true, "Code(400): Bad Request", "400"), (failed.IsError, failed.StatusText, failed.Attributes["dapr.status_code"]));
        if (protocol == "http") Assert.All(collector.Headers, h => Assert.Equal("to me", h["x-key"]));
    }

    [Fact]
    public async Task An_event_takes_its_trace_from_the_publisher_to_the_subscriber()
    {
        await using var collector = await Collector.StartAsync(Stop);
        var seen = new TaskCompletionSource<(string? Parent, string? State)>();
        await using (var one = await OneSidecar.StartAsync(
            context => AnswerAsync(context, seen), Traced(collector, "http"), OneSidecar.Component("bus", "pubsub.in-memory")))
        {
            using var answer = await one.Http.SendAsync(Traced(new(HttpMethod.Post, "/v1.0/publish/bus/orders") { Content = JsonContent.Create(1) }), Stop);
            var (parent, state) = await seen.Task.WaitAsync(TimeSpan.FromSeconds(60), Stop);

            Assert.StartsWith($"00-{TraceId}-", parent, StringComparison.Ordinal);
            Assert.Equal("vendor=x", state);
        }

        var spans = await collector.WaitAsync(spans => spans.Any(s => s.Name == "pubsub/orders") && spans.Any(s => s.Name == "/v1.0/publish/bus/orders"), "both ends of it");
        var published = Assert.Single(spans, s => s.Name == "/v1.0/publish/bus/orders");
        var delivered = Assert.Single(spans, s => s.Name == "pubsub/orders");
        Assert.Equal((TraceId, CallerSpan), (published.TraceId, published.ParentId));
        Assert.Equal((TraceId, published.SpanId, CollectedSpan.Client), (delivered.TraceId, delivered.ParentId, delivered.Kind));
        Assert.Equal($"00-{TraceId}-{delivered.SpanId}-01", (await seen.Task).Parent);
        Assert.Equal("orders", delivered.Attributes["messaging.destination.name"]);
    }

    [Fact]
    public async Task A_gRPC_call_is_a_span_with_what_its_message_says_and_each_event_of_a_bulk_has_one()
    {
        await using var collector = await Collector.StartAsync(Stop);
        await using (var one = await OneSidecar.StartAsync(null, Traced(collector, "http"), OneSidecar.Component("bus", "pubsub.in-memory")))
        {
            using var channel = one.OpenGrpc();
            var headers = new Metadata { { BinaryTrace.Header, Convert.FromBase64String(BinaryTrace.Of($"00-{TraceId}-{CallerSpan}-01") + "=") } };
            var options = new CallOptions { Headers = headers, Cancellation = Stop };
            var bulk = new BulkPublishRequest { PubsubName = "bus", Topic = "orders" };
            bulk.Entries.Add(new BulkPublishRequestEntry { EntryId = "1", Event = ByteString.CopyFromUtf8("1"), ContentType = "text/plain" });
            bulk.Entries.Add(new BulkPublishRequestEntry { EntryId = "2", Event = ByteString.CopyFromUtf8("2"), ContentType = "text/plain" });
            await channel.UnaryAsync(DaprMethods.BulkPublishEvent, bulk, options);
            await Assert.ThrowsAsync<RpcException>(
                () => channel.UnaryAsync(DaprMethods.GetState, new GetStateRequest { StoreName = "nowhere", Key = "k" }, options));
        }

        var spans = await collector.WaitAsync(spans => spans.Count == 4, "four spans");
        var call = Assert.Single(spans, s => s.Name == "/dapr.proto.runtime.v1.Dapr/BulkPublishEvent");
        Assert.Equal((TraceId, CallerSpan, "orders", "grpc"), (call.TraceId, call.ParentId, call.Attributes["messaging.destination.name"], call.Attributes["dapr.protocol"]));
        Assert.Equal(2, spans.Count(s => s.Kind == CollectedSpan.Producer && s.ParentId == call.SpanId));
        var failed = Assert.Single(spans, s => s.Name == "/dapr.proto.runtime.v1.Dapr/GetState");
        Assert.True(failed.IsError);
        Assert.NotEmpty(failed.StatusText);
    }

    [Fact]
    public async Task A_trace_that_is_not_sampled_goes_on_and_is_not_exported()
    {
        await using var collector = await Collector.StartAsync(Stop);
        var seen = new TaskCompletionSource<(string? Parent, string? State)>();
        await using (var one = await OneSidecar.StartAsync(
            context => AnswerAsync(context, seen), Traced(collector, "http"), OneSidecar.Component("bus", "pubsub.in-memory")))
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1.0/invoke/app/method/orders") { Content = JsonContent.Create(1) };
            request.Headers.Add("traceparent", $"00-{TraceId}-{CallerSpan}-00");
            (await one.Http.SendAsync(request, Stop)).Dispose();

            var (parent, _) = await seen.Task;
            Assert.Matches($"^00-{TraceId}-[0-9a-f]{{16}}-00$", parent);
            Assert.DoesNotContain(CallerSpan, parent, StringComparison.Ordinal);
        }

        Assert.Empty(collector.Spans);
    }

    [Theory]
    [InlineData("GET", "/v1.0/actors/Cart/7/reminders/r", "GetActorReminder/Cart", "dapr.actor", "Cart.7")]
    [InlineData("PUT", "/v1.0/actors/Cart/7/timers/t", "RegisterActorTimer/Cart", "dapr.actor", "Cart.7")]
    [InlineData("PUT", "/v1.0/actors/Cart/7/method/Add", "CallActor/Cart/Add", "net.peer.name", "Cart.7")]
    [InlineData("POST", "/v1.0/publish/bulk/bus/a/b", null, "messaging.destination.name", "a/b")]
    [InlineData("POST", "/v1.0/bindings/mail", null, "db.name", "mail")]
    [InlineData("GET", "/v1.0/secrets/vault/key", null, "db.system", "secrets")]
    public void An_API_call_is_named_as_daprd_names_it(string verb, string path, string? name, string attribute, string value)
    {
        var api = ApiAttributes.OfHttp(verb, path, null);

        Assert.Equal(name, api.SpanName);
        Assert.Equal(value, api.Attributes.ToDictionary()[attribute]);
    }

    private static string Traced(Collector collector, string protocol) => $$"""
          tracing:
            samplingRate: "1"
            otel: {protocol: {{protocol}}, endpointAddress: "{{(protocol == "http" ? collector.Http : collector.Grpc)}}", isSecure: false, headers: [{name: x-key, value: to me}] }
        """;

    private static HttpRequestMessage Traced(HttpRequestMessage request)
    {
        request.Headers.Add("traceparent", $"00-{TraceId}-{CallerSpan}-01");
        request.Headers.Add("tracestate", "vendor=x");
        return request;
    }

    private static async Task AnswerAsync(HttpContext context, TaskCompletionSource<(string?, string?)> seen)
    {
        if (context.Request.Path == "/dapr/subscribe")
            await context.Response.WriteAsJsonAsync(new[] { new { pubsubname = "bus", topic = "orders", route = "orders" } }, Stop);
        else if (context.Request.Path == "/orders")
            seen.TrySetResult((context.Request.Headers.TraceParent, context.Request.Headers.TraceState));
        else
            context.Response.StatusCode = StatusCodes.Status404NotFound;
    }
}
