using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using LocalDapr.Cli.Run;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Tests.Workflows.Crashes;
using Microsoft.Extensions.Logging.Abstractions;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests.Workflows;

/// <summary>What a workflow leaves to those who watch: one trace, and metrics under Dapr's names, also over a restart of the sidecar.</summary>
public sealed class WorkflowInsightTests : IDisposable
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("workflow-insight");
    private readonly int[] _ports = [.. FreePort.Take(3)];
    private readonly HttpClient _http = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _http.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Every_step_belongs_to_the_trace_of_the_request_that_started_it_and_its_end_is_counted_by_name()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, "state.yaml"),
            OneSidecar.Component(
                "state", "state.sqlite", ("connectionString", Path.Combine(_folder.FullName, "state.db")), ("actorStateStore", "true")),
            Stop);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var working = new StockWorker(new Uri($"http://127.0.0.1:{_ports[1]}")).RunAsync(over.Token);
        await using (await StartAsync())
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{_ports[0]}/v1.0/workflows/dapr/story/start?instanceID=root");
            request.Headers.Add("traceparent", $"00-{TraceId}-b7ad6b7169203331-01");
            (await _http.SendAsync(request, Stop)).EnsureSuccessStatusCode();
            await OneSidecar.EventuallyAsync(async () => (await HistoryAsync()).Any(happened => happened.ChildWorkflowInstanceCompleted is not null), "the child");
        }

        await using var again = await StartAsync();
        using var channel = new GrpcChannel(new Uri($"http://127.0.0.1:{_ports[1]}"));
        var options = new CallOptions { Cancellation = Stop, Timeout = TimeSpan.FromSeconds(60) };
        await channel.UnaryAsync(TaskHubMethods.RaiseEvent, new RaiseEventRequest { InstanceId = "root", Name = "go", Input = "now" }, options);
        await channel.UnaryAsync(TaskHubMethods.WaitForInstanceCompletion, new GetInstanceRequest { InstanceId = "root" }, options);
        await channel.UnaryAsync(TaskHubMethods.StartInstance, new CreateInstanceRequest { InstanceId = "ended", Name = "story" }, options);
        await channel.UnaryAsync(TaskHubMethods.TerminateInstance, new TerminateRequest { InstanceId = "ended" }, options);
        var history = await HistoryAsync();
        const string app = "app_id=\"insight\",namespace=\"\"";
        const string terminated = $"dapr_runtime_workflow_execution_count{{{app},workflow_name=\"story\",status=\"terminated\"}} 1\n";
        var metrics = "";
        await OneSidecar.EventuallyAsync(async () => (metrics = await MetricsAsync()).Contains(terminated, StringComparison.Ordinal), "the end of the terminated one");
        await over.CancelAsync();
        await working;

        var traces = history.Select(happened => happened.ExecutionStarted?.ParentTraceContext ?? happened.TaskScheduled?.ParentTraceContext
            ?? happened.ChildWorkflowInstanceCreated?.ParentTraceContext).OfType<TraceContext>().ToList();
        Assert.Equal(3, traces.Count);
        Assert.All(traces, trace => Assert.Contains(TraceId, trace.TraceParent, StringComparison.Ordinal));
        Assert.Contains($"dapr_runtime_workflow_execution_count{{{app},workflow_name=\"story\",status=\"success\"}} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains($"dapr_runtime_workflow_operation_count{{{app},operation=\"add_event\",status=\"success\"}} 2\n", metrics, StringComparison.Ordinal);
        Assert.Contains($"dapr_runtime_workflow_activity_operation_count{{{app},activity_name=\"work\",status=\"success\"}} ", metrics, StringComparison.Ordinal);
        Assert.Contains($"dapr_runtime_workflow_execution_latency_count{{{app},workflow_name=\"story\",status=\"success\"}} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("# TYPE dapr_runtime_workflow_execution_latency histogram\n", metrics, StringComparison.Ordinal);
    }

    private Task<string> MetricsAsync() => _http.GetStringAsync(new Uri($"http://127.0.0.1:{_ports[2]}/metrics"), Stop);

    private async Task<IReadOnlyList<HistoryEvent>> HistoryAsync()
    {
        using var channel = new GrpcChannel(new Uri($"http://127.0.0.1:{_ports[1]}"));
        var request = new GetInstanceHistoryRequest { InstanceId = "root" };
        return (await channel.UnaryAsync(TaskHubMethods.GetInstanceHistory, request, new CallOptions { Cancellation = Stop })).Events;
    }

    private async Task<RuntimeHost> StartAsync()
    {
        var host = new RuntimeHost(NullLoggerFactory.Instance);
        var sidecar = new Sidecar(host, new SidecarOptions
        {
            AppId = "insight", HttpPort = _ports[0], GrpcPort = _ports[1], MetricsPort = _ports[2], ResourcesPaths = [_folder.FullName],
        });
        await sidecar.StartAsync();
        await sidecar.Ready.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        return host;
    }
}
