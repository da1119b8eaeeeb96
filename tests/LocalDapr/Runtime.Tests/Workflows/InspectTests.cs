using System.Diagnostics;
using System.Text.Json;
using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using LocalDapr.Runtime.Tests.Workflows.Crashes;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests.Workflows;

/// <summary><c>localdapr workflow</c> and <c>localdapr actors</c> as processes of their own, beside a running sidecar.</summary>
public sealed class InspectTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _over = new();
    private OneSidecar _one = null!;
    private Task _working = Task.CompletedTask;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _one = await OneSidecar.StartAsync(
            resources: OneSidecar.Component("state", "state.sqlite", ("connectionString", "{folder}/state.db"), ("actorStateStore", "true")));
        var grpc = new Uri($"http://127.0.0.1:{_one.Sidecar.GrpcPort}");
        _working = new StockWorker(grpc).RunAsync(_over.Token);
        using var channel = new GrpcChannel(grpc);
        foreach (var id in (string[])["order-1", "order-2"])
        {
            var start = new CreateInstanceRequest { InstanceId = id, Name = id == "order-1" ? "child" : "story", Input = "{\"sku\":\"tea\"}" };
            await channel.UnaryAsync(TaskHubMethods.StartInstance, start, new CallOptions { Cancellation = Stop });
        }

        await channel.UnaryAsync(
            TaskHubMethods.WaitForInstanceCompletion, new GetInstanceRequest { InstanceId = "order-1" }, new CallOptions { Cancellation = Stop });
        // Until then it may be pending, or its child be running beside it.
        var story = new GetInstanceHistoryRequest { InstanceId = "order-2" };
        await OneSidecar.EventuallyAsync(
            async () => (await channel.UnaryAsync(TaskHubMethods.GetInstanceHistory, story, new CallOptions { Cancellation = Stop })).Events
                .Any(happened => happened.ChildWorkflowInstanceCompleted is not null),
            "order-2 to wait for its event");
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _working;
        _over.Dispose();
        await _one.DisposeAsync();
    }

    [Fact]
    public async Task A_workflow_is_listed_shown_ended_and_forgotten_from_the_command_line()
    {
        var listed = await JsonAsync("workflow", "list", "--status", "running");
        var shown = await JsonAsync("workflow", "show", "order-1");
        var history = await JsonAsync("workflow", "history", "order-1");
        var text = await RunAsync("workflow", "list");

        Assert.Equal("order-2", Assert.Single(listed.EnumerateArray()).GetProperty("instanceId").GetString());
        Assert.Equal("COMPLETED", shown.GetProperty("status").GetString());
        Assert.Equal("tea", shown.GetProperty("input").GetProperty("sku").GetString());
        Assert.Equal("child", shown.GetProperty("output").GetString());
        Assert.Contains(history.EnumerateArray(), happened => happened.TryGetProperty("executionCompleted", out _));
        Assert.Contains("order-1", text.Output, StringComparison.Ordinal);

        Assert.Equal(0, (await RunAsync("workflow", "terminate", "order-2", "--output", "\"enough\"")).Code);
        await OneSidecar.EventuallyAsync(
            async () => (await JsonAsync("workflow", "show", "order-2")).GetProperty("status").GetString() == "TERMINATED", "the end of order-2");
        var rerun = await JsonAsync("workflow", "rerun", "order-2", "--event", "1", "--new-id", "order-3");
        Assert.Equal("order-3", rerun.GetProperty("instanceId").GetString());
        Assert.Equal(1, (await JsonAsync("workflow", "purge", "order-2")).GetProperty("purged").GetInt32());
        var gone = await RunAsync("workflow", "show", "order-2");
        Assert.Equal((1, "localdapr: there is no workflow order-2"), (gone.Code, gone.Error.Trim()));
    }

    [Fact]
    public async Task The_app_is_found_by_its_id_and_one_that_does_not_run_is_named()
    {
        var actors = await JsonAsync("actors");
        var absent = await RunAsync("actors", "--app-id", "nobody");
        var wrong = await RunAsync("workflow", "explain");

        Assert.Equal("app", actors.GetProperty("appId").GetString());
        Assert.Equal("RUNNING", actors.GetProperty("status").GetString());
        Assert.Contains("no sidecar of app nobody runs here", absent.Error, StringComparison.Ordinal);
        Assert.Contains("knows no 'explain'", wrong.Error, StringComparison.Ordinal);
    }

    private async Task<JsonElement> JsonAsync(params string[] args)
    {
        var (code, output, error) = await RunAsync([.. args, "--json"]);
        Assert.True(code == 0, error);
        return JsonDocument.Parse(output).RootElement;
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        string[] app = args.Contains("--app-id") ? [] : ["--app-id", "app"];
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "localdapr"), [.. args, .. app, "--names-file", Path.Combine(_one.Folder, "names.db")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(Stop), process.StandardError.ReadToEndAsync(Stop));
        await process.WaitForExitAsync(Stop);
        return (process.ExitCode, await output, await error);
    }
}
