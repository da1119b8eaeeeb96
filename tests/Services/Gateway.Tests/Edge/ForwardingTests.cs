using System.Net.Http.Headers;
using System.Text;
using DaprOrders.Gateway.Tests.Running;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace DaprOrders.Gateway.Tests.Edge;

/// <summary>What a client says reaches the service as he said it, and the service's answer him, but for what is between the services alone.</summary>
public sealed class ForwardingTests(ForwardingTests.WithSidecarToken gateway) : IClassFixture<ForwardingTests.WithSidecarToken>
{
    public sealed class WithSidecarToken() : RunningGateway(new() { ["DAPR_API_TOKEN"] = "the-sidecars-token" });

    [Fact]
    public async Task What_only_services_may_say_is_never_taken_from_a_client()
    {
        gateway.Sidecar.Forget();
        gateway.Sidecar.Answers(Reply.Json(Some.Order(), 200, ("ETag", "\"6\"")));
        var request = RunningGateway.Request("GET", "/orders/order-1", gateway.Customer("ann"));
        foreach (var (name, value) in new[]
        {
            ("x-daprorders-subject", "bob"), ("X-DaprOrders-Role", "operator"), ("x-daprorders-anything", "else"), ("dapr-api-token", "mine"), ("dapr-app-id", "payments"),
            ("dapr-caller-app-id", "ordering"), ("Dapr-Callee-App-Id", "payments"), ("x-own", "kept"), ("x-of-this-hop", "dropped"),
        }) request.Headers.TryAddWithoutValidation(name, value);
        request.Headers.Connection.Add("x-of-this-hop");

        await gateway.SendAsync(request);

        var seen = gateway.Sidecar.Last.Headers;
        Assert.Equal(["x-daprorders-role", "x-daprorders-subject"], seen.Keys.Where(name => name.StartsWith("x-daprorders-", StringComparison.OrdinalIgnoreCase)).Order());
        Assert.Equal("ann", seen["x-daprorders-subject"]);
        Assert.Equal("customer", seen["x-daprorders-role"]);
        Assert.Equal(["dapr-api-token"], seen.Keys.Where(name => name.StartsWith("dapr-", StringComparison.OrdinalIgnoreCase)));
        Assert.Equal("the-sidecars-token", seen["dapr-api-token"]);
        Assert.Equal("kept", seen["x-own"]);
        Assert.DoesNotContain("Authorization", seen.Keys);
        Assert.DoesNotContain("x-of-this-hop", seen.Keys);
    }

    [Fact]
    public async Task Somebody_without_a_token_cannot_claim_to_be_somebody()
    {
        gateway.Sidecar.Forget();
        gateway.Sidecar.Answers(Reply.Json(new { Sku = "tea-100g", Name = "Tea", Price = new { Amount = 495, Currency = "EUR" }, Available = 3 }));
        var request = RunningGateway.Request("GET", "/products/tea-100g");
        request.Headers.Add("x-daprorders-subject", "operator");
        request.Headers.Add("x-daprorders-role", "operator");

        await gateway.SendAsync(request);

        Assert.DoesNotContain(gateway.Sidecar.Last.Headers.Keys, name => name.StartsWith("x-daprorders-", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task What_is_between_the_services_does_not_come_back()
    {
        gateway.Sidecar.Forget();
        gateway.Sidecar.Answers(Reply.Json(Some.Order(), 200, ("ETag", "\"6\""), ("dapr-app-id", "ordering"), ("Dapr-Http-Status", "200"), ("x-daprorders-internal", "1"),
            ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), ("Content-Language", "en"), ("x-own", "kept")));

        var answer = await gateway.SendAsync("GET", "/orders/order-1", gateway.Customer());

        Assert.DoesNotContain(answer.Headers.Keys, name => name.StartsWith("dapr-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("x-daprorders-", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("traceparent", answer.Headers.Keys);
        Assert.DoesNotContain("Server", answer.Headers.Keys);
        Assert.Equal("en", answer.Headers["Content-Language"]);
        Assert.Equal("kept", answer.Headers["x-own"]);
    }

    [Fact]
    public async Task If_None_Match_and_Prefer_reach_the_service_and_its_304_the_client()
    {
        gateway.Sidecar.Forget();
        gateway.Sidecar.Answers(new Reply(304, null, [], ("ETag", "\"6\"")));
        var request = RunningGateway.Request("GET", "/orders/order-1", gateway.Customer());
        request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue("\"6\""));
        request.Headers.Add("Prefer", "wait=10");

        var answer = await gateway.SendAsync(request);

        Assert.Equal(304, answer.Status);
        Assert.Equal("\"6\"", answer.Headers["ETag"]);
        Assert.Equal("\"6\"", gateway.Sidecar.Last.Headers["If-None-Match"]);
        Assert.Equal("wait=10", gateway.Sidecar.Last.Headers["Prefer"]);
    }

    [Theory]
    [InlineData("/orders?status=confirmed&limit=2&cursor=7d1", "orders?status=confirmed&limit=2&cursor=7d1")]
    [InlineData("/orders/%252e%252e/events", "orders/%252e%252e/events")] // unescaped once it would be a step out of /orders
    [InlineData("/orders/a%2Fb", "orders/a%252Fb")]
    [InlineData("/orders/caf%C3%A9", "orders/caf%C3%A9")]
    public async Task Address_and_query_arrive_and_no_segment_becomes_a_step_up(string target, string arrives)
    {
        gateway.Sidecar.Forget();
        gateway.Sidecar.Answers(Reply.Of(ServiceDefaults.Problems.Unavailable("whatever")));

        await gateway.SendAsync("GET", target, gateway.Customer());

        Assert.Equal(arrives, gateway.Sidecar.Last.Target);
    }

    [Fact]
    public async Task A_body_arrives_byte_for_byte_and_so_does_the_answer()
    {
        const string sent = """{ "reason" : "Käse ☃ \u0041" }""";
        var order = Reply.Json(Some.Order(status: "refunded"), 202, ("Location", "/orders/order-1"), ("Idempotency-Replayed", "true"));
        gateway.Sidecar.Forget();
        gateway.Sidecar.Answers(order);

        var answer = await gateway.SendAsync("POST", "/orders/order-1/refund", gateway.Operator(), sent, "k-1");

        Assert.Equal(Encoding.UTF8.GetBytes(sent), gateway.Sidecar.Last.Body);
        Assert.Equal("k-1", gateway.Sidecar.Last.Headers["Idempotency-Key"]);
        Assert.Equal("application/json", gateway.Sidecar.Last.Headers["Content-Type"]);
        Assert.Equal(order.Body, answer.Body);
        Assert.Equal("true", answer.Headers["Idempotency-Replayed"]);
    }

    [Fact]
    public async Task Only_the_token_endpoint_gets_the_Authorization_header()
    {
        gateway.Sidecar.Forget();
        gateway.Sidecar.Answers(Reply.Json(new Dictionary<string, string> { ["error"] = "invalid_client", ["error_description"] = "The client is not known." }, 401));
        var request = RunningGateway.Request("POST", "/token");
        request.Headers.TryAddWithoutValidation("Authorization", "Basic Y29uc29sZTpjb25zb2xl");
        request.Content = new FormUrlEncodedContent([new("grant_type", "client_credentials")]);
        gateway.Sidecar.Answer = invoked => Task.FromResult(new Reply(401, "application/json", """{"error":"invalid_client","error_description":"The client is not known."}"""u8.ToArray(), ("Cache-Control", "no-store")));

        var answer = await gateway.SendAsync(request);

        Assert.Equal(401, answer.Status); // as RFC 6749 has it, not as a problem
        Assert.Equal("Basic Y29uc29sZTpjb25zb2xl", gateway.Sidecar.Last.Headers["Authorization"]);
        Assert.Equal("grant_type=client_credentials", Encoding.UTF8.GetString(gateway.Sidecar.Last.Body));
    }

    [Fact]
    public async Task A_stream_flows_as_it_is_written_and_ends_when_the_client_leaves()
    {
        gateway.Sidecar.Forget();
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        gateway.Sidecar.Stream = async context =>
        {
            context.RequestAborted.Register(left.SetResult);
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(": from now on\n\n");
            await goOn.Task;
            await context.Response.WriteAsync("event: order\nid: 7\n\n");
            await left.Task;
        };
        var request = RunningGateway.Request("GET", "/orders/stream", gateway.Customer());
        request.Headers.Add("Last-Event-ID", "6");

        using (var answer = await gateway.OpenAsync(request))
        using (var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken)))
        {
            Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
            Assert.Equal(": from now on", await lines.ReadLineAsync(TestContext.Current.CancellationToken)); // while the service has more to say
            goOn.SetResult();
            foreach (var line in new[] { "", "event: order", "id: 7" }) Assert.Equal(line, await lines.ReadLineAsync(TestContext.Current.CancellationToken));
        }

        await left.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Equal("6", gateway.Sidecar.Last.Headers["Last-Event-ID"]);
    }
}
