using System.Collections.Concurrent;
using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Http;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests.Telemetry;

/// <summary>The trace of a call of an actor, on both sides of it.</summary>
public sealed class ActorSpanTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string CallerSpan = "b7ad6b7169203331";

    private readonly ConcurrentQueue<string?> _parents = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_over_gRPC_takes_its_trace_to_the_actor()
    {
        await using var collector = await Collector.StartAsync(Stop);
        await using (var one = await StartAsync(collector)) await CallAsync(one.Sidecar.GrpcPort);

        var call = Assert.Single(await collector.WaitAsync(spans => spans.Count == 1, "the call"));
        Assert.Equal(("CallActor/Cart/Add", TraceId, CallerSpan), (call.Name, call.TraceId, call.ParentId));
        Assert.Equal($"00-{TraceId}-{call.SpanId}-01", Assert.Single(_parents));
    }

    [Fact]
    public async Task A_call_through_another_sidecar_is_a_span_of_the_actors_sidecar_too()
    {
        await using var collector = await Collector.StartAsync(Stop);
        await using (var one = await StartAsync(collector))
        {
            await using var other = new Sidecar(one.Sidecar.Host, one.Sidecar.Options with { AppId = "caller", AppPort = null, HttpPort = 0, GrpcPort = 0 });
            await other.StartAsync();
            await other.Ready.WaitAsync(TimeSpan.FromSeconds(60), Stop);
            await CallAsync(other.GrpcPort);
        }

        var spans = await collector.WaitAsync(spans => spans.Count == 2, "both sides of the call");
        var caller = Assert.Single(spans, s => s.Service == "caller");
        var callee = Assert.Single(spans, s => s.Service == "app");
        Assert.Equal(("CallActor/Cart/Add", caller.SpanId, "Cart.1"), (callee.Name, callee.ParentId, callee.Attributes["dapr.actor"]));
        Assert.Equal("/dapr.proto.internals.v1.ServiceInvocation/CallActor", callee.Attributes["dapr.api"]);
        Assert.Equal($"00-{TraceId}-{callee.SpanId}-01", Assert.Single(_parents));
    }

    private static async Task CallAsync(int port)
    {
        using var channel = new GrpcChannel(new Uri($"http://127.0.0.1:{port}"));
        var headers = new Metadata { { "traceparent", $"00-{TraceId}-{CallerSpan}-01" } };
        await channel.UnaryAsync(
            DaprMethods.InvokeActor, new InvokeActorRequest { ActorType = "Cart", ActorId = "1", Method = "Add" }, new CallOptions { Headers = headers, Cancellation = Stop });
    }

    private Task<OneSidecar> StartAsync(Collector collector) => OneSidecar.StartAsync(
        AnswerAsync,
        $$"""
          tracing:
            samplingRate: "1"
            otel: {protocol: http, endpointAddress: "{{collector.Http}}", isSecure: false}
        """,
        OneSidecar.Component("state", "state.in-memory", ("actorStateStore", "true")));

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/dapr/config") await context.Response.WriteAsync("""{"entities": ["Cart"]}""", context.RequestAborted);
        else if (context.Request.Path.StartsWithSegments("/actors") && context.Request.Method == "PUT") _parents.Enqueue(context.Request.Headers.TraceParent);
    }
}
