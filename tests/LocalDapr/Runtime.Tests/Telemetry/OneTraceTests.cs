using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Tests.Workflows.Crashes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MiniGrpc;
using Xunit;
using Case = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace LocalDapr.Runtime.Tests.Telemetry;

/// <summary>
/// A request to one app is carried to another, which starts a workflow; that reserves, waits, then publishes to a subscriber. Between the
/// two activities its sidecar is killed. All of it is one trace.
/// </summary>
public sealed class OneTraceTests : IAsyncDisposable
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string CallerSpan = "b7ad6b7169203331";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("one-trace");
    private readonly HttpClient _http = new();
    private readonly ConcurrentQueue<string?> _delivered = new();
    private WebApplication? _app;
    private MortalSidecar? _sidecar;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
        _http.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task An_order_is_one_trace_from_the_request_to_the_subscriber_also_over_a_kill()
    {
        await using var collector = await Collector.StartAsync(Stop);
        await WriteAsync(collector);
        var appPort = await ServeAsync();
        await using var sidecar = _sidecar = new MortalSidecar(_folder.FullName)
        {
            Flags = ["--app-port", $"{appPort}"], Variables = new Dictionary<string, string> { ["OTEL_BSP_SCHEDULE_DELAY"] = "20" },
        };
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var living = sidecar.KeepAliveAsync(over.Token);
        var working = new StockWorker(sidecar.Grpc) { Story = Decide, Work = WorkAsync }.RunAsync(over.Token);

        await PlaceAsync();
        await collector.WaitAsync(
            spans => Has(spans, "activity||reserve", "create_orchestration||order", "/v1.0/workflows/dapr/order/start") && spans.Count(s => s.Name == "CallLocal/mortal/place") == 2,
            "the first activity, and what the kill would take with it");
        // Its span goes out when it is answered, and the answer is kept a moment later: until then the kill would run it once more.
        await OneSidecar.EventuallyAsync(ReservedAsync, "the first activity is kept");
        sidecar.Kill();
        await OneSidecar.EventuallyAsync(() => Task.FromResult(sidecar.Deaths == 1), "the death");
        await OneSidecar.EventuallyAsync(RaiseAsync, "the event is taken");
        var spans = await collector.WaitAsync(
            spans => Has(spans, "pubsub/placed", "/v1.0/publish/bus/placed", "activity||announce", "orchestration||order"), "the delivery and the end");
        await over.CancelAsync();
        await Task.WhenAll(living, working);

        CollectedSpan One(string name, int kind) => Assert.Single(spans, s => s.Name == name && s.Kind == kind && s.TraceId == TraceId);
        var called = One("CallLocal/mortal/place", CollectedSpan.Client);
        var callee = One("CallLocal/mortal/place", CollectedSpan.Server);
        var start = One("/v1.0/workflows/dapr/order/start", CollectedSpan.Client);
        var created = One("create_orchestration||order", CollectedSpan.Client);
        var workflow = One("orchestration||order", CollectedSpan.Server);
        var reserved = One("activity||reserve", CollectedSpan.Server);
        var announced = One("activity||announce", CollectedSpan.Server);
        var published = One("/v1.0/publish/bus/placed", CollectedSpan.Client);
        var delivered = One("pubsub/placed", CollectedSpan.Client);
        Assert.Equal(
            [CallerSpan, called.SpanId, callee.SpanId, start.SpanId, created.SpanId, workflow.SpanId, workflow.SpanId, announced.SpanId, published.SpanId],
            new[] { called, callee, start, created, workflow, reserved, announced, published, delivered }.Select(s => s.ParentId));
        Assert.Equal($"00-{TraceId}-{delivered.SpanId}-01", _delivered.First());
        Assert.Equal(("shop", "mortal", "durabletask"), (called.Service, callee.Service, workflow.Scope));
        Assert.Equal(("COMPLETED", "root"), (workflow.Attributes["durabletask.runtime_status"], workflow.Attributes["durabletask.task.instance_id"]));
        Assert.Equal(["Received external event"], workflow.Events);
        Assert.True(workflow.Took >= announced.Took, $"{workflow.Took} < {announced.Took}");
    }

    private static bool Has(IReadOnlyList<CollectedSpan> spans, params string[] names) => names.All(name => spans.Any(s => s.Name == name));

    // reserve, wait for go, announce.
    private static WorkflowAction? Decide(WorkflowRequest turn)
    {
        var history = turn.PastEvents.Concat(turn.NewEvents).ToLookup(happened => happened.EventTypeCase);
        var (done, scheduled) = (history[Case.TaskCompleted].Count(), history[Case.TaskScheduled].Count());
        if (scheduled == 0) return new WorkflowAction { Id = 1, ScheduleTask = new ScheduleTaskAction { Name = "reserve" } };
        if (scheduled == 1 && done == 1 && history[Case.EventRaised].Any())
            return new WorkflowAction { Id = 2, ScheduleTask = new ScheduleTaskAction { Name = "announce" } };
        return done == 2 ? StockWorker.Complete(3, "placed") : null;
    }

    private async Task WorkAsync(ActivityRequest activity)
    {
        if (activity.Name != "announce") return;
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_sidecar!.Http, "/v1.0/publish/bus/placed")) { Content = JsonContent.Create(1) };
        request.Headers.Add("traceparent", activity.ParentTraceContext.TraceParent);
        (await _http.SendAsync(request, Stop)).EnsureSuccessStatusCode().Dispose();
    }

    private async Task PlaceAsync()
    {
        await using var host = new RuntimeHost(NullLoggerFactory.Instance);
        var shop = new Sidecar(host, new SidecarOptions
        {
            AppId = "shop", HttpPort = 0, GrpcPort = 0, ConfigFiles = [Path.Combine(_folder.FullName, "config", "config.yaml")],
        });
        await shop.StartAsync();
        await shop.Ready;
        var asked = 0;
        await OneSidecar.EventuallyAsync(
            async () =>
            {
                // Until the other sidecar is to be found a call fails, and is the trace of nobody.
                using var ready = await _http.GetAsync(new Uri($"http://127.0.0.1:{shop.HttpPort}/v1.0/invoke/mortal/method/ready"), Stop);
                if (ready.StatusCode != HttpStatusCode.OK) return false;
                using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{shop.HttpPort}/v1.0/invoke/mortal/method/place");
                request.Headers.Add("traceparent", $"00-{TraceId}-{CallerSpan}-01");
                using var answer = await _http.SendAsync(request, Stop);
                Assert.Equal(1, ++asked);
                return answer.IsSuccessStatusCode;
            },
            "the order is placed");
    }

    private async Task<bool> ReservedAsync()
    {
        using var channel = new GrpcChannel(_sidecar!.Grpc);
        var asked = new GetInstanceHistoryRequest { InstanceId = "root" };
        var told = await channel.UnaryAsync(TaskHubMethods.GetInstanceHistory, asked, new CallOptions { Cancellation = Stop });
        return told.Events.Any(happened => happened.EventTypeCase == Case.TaskCompleted);
    }

    private async Task<bool> RaiseAsync()
    {
        try
        {
            using var channel = new GrpcChannel(_sidecar!.Grpc);
            var go = new RaiseEventRequest { InstanceId = "root", Name = "go", Input = "now" };
            await channel.UnaryAsync(TaskHubMethods.RaiseEvent, go, new CallOptions { Cancellation = Stop });
            return true;
        }
        catch (RpcException)
        {
            return false;
        }
    }

    private async Task AppAsync(HttpContext context)
    {
        var trace = (string?)context.Request.Headers.TraceParent;
        switch (context.Request.Path.Value)
        {
            case "/dapr/subscribe":
                await context.Response.WriteAsJsonAsync(new[] { new { pubsubname = "bus", topic = "placed", route = "placed" } }, Stop);
                break;
            case "/place":
                using (var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_sidecar!.Http, "/v1.0/workflows/dapr/order/start?instanceID=root")))
                {
                    request.Headers.Add("traceparent", trace);
                    (await _http.SendAsync(request, Stop)).EnsureSuccessStatusCode().Dispose();
                }
                break;
            case "/placed":
                _delivered.Enqueue(trace);
                break;
            case "/ready":
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }

    private async Task WriteAsync(Collector collector)
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "config"));
        var file = Path.Combine(_folder.FullName, "state.db");
        await File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, "state.yaml"),
            OneSidecar.Component("state", "state.sqlite", ("connectionString", file), ("actorStateStore", "true")), Stop);
        await File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, "bus.yaml"), OneSidecar.Component("bus", "pubsub.sqlite", ("connectionString", file)), Stop);
        await File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, "config", "config.yaml"),
            $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata: {name: config}
            spec:
              nameResolution: {component: sqlite, configuration: {connectionString: "{{_folder.FullName}}/names.db"} }
              tracing:
                samplingRate: "1"
                otel: {protocol: http, endpointAddress: "{{collector.Http}}", isSecure: false}
            """,
            Stop);
    }

    private async Task<int> ServeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http1));
        _app = builder.Build();
        _app.Run(AppAsync);
        await _app.StartAsync(Stop);
        return new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
    }
}
