using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using LocalDapr.Engine.Hub;
using LocalDapr.Protocol.Workflow;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Tests.Actors;
using LocalDapr.Runtime.Workflows;
using Microsoft.Extensions.Logging.Abstractions;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests.Workflows;

/// <summary>Workers that are connected and read nothing: stopped, or with all their threads blocked.</summary>
public sealed class SlowWorkerTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("slow-worker");
    private readonly FakeTime _time = new();
    private readonly RuntimeHost _host;
    private Sidecar _sidecar = null!;

    public SlowWorkerTests() => _host = new RuntimeHost(NullLoggerFactory.Instance, _time);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private WorkflowEngine Engine => _sidecar.Block<WorkflowBlock>().Engine;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "state.yaml"), OneSidecar.Component("state", "state.in-memory", ("actorStateStore", "true")), Stop);
        _sidecar = new Sidecar(_host, new SidecarOptions { AppId = "app", HttpPort = 0, GrpcPort = 0, ResourcesPaths = [_folder.FullName] });
        await _sidecar.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_worker_that_reads_nothing_is_given_up_and_its_work_goes_to_another(bool overOurStream)
    {
        using var stopped = new GrpcChannel(new Uri($"http://127.0.0.1:{_sidecar.GrpcPort}"));
        using var call = overOurStream ? await ConnectAsync(stopped) : (IDisposable)stopped.ServerStreaming(TaskHubMethods.GetWorkItems, new GetWorkItemsRequest());
        await UntilAsync(() => _sidecar.Metadata.ConnectedWorkers() == 1, () => { });
        for (var i = 0; i < 60; i++) await Engine.StartAsync(new StartRequest($"i{i}", "any") { Input = new string('x', 64 << 10) }, Stop);

        await UntilAsync(() => _sidecar.Metadata.ConnectedWorkers() == 0, () => _time.Advance(TimeSpan.FromSeconds(1)));

        using var other = Engine.Connect(new WorkerOptions());
        var turns = new List<TurnItem>();
        while (turns.Count < 60) await other.TakeAsync(turns, [], 60, Stop);
        Assert.Equal(60, turns.Select(turn => turn.InstanceId).Distinct().Count());
    }

    private static async Task<IDisposable> ConnectAsync(GrpcChannel channel)
    {
        var stream = channel.Duplex(WorkflowStreamMethods.Connect);
        await stream.WriteAsync(new WorkerBatch { Hello = new Hello { Worker = true } }, cancellation: Stop);
        return stream;
    }

    private static async Task UntilAsync(Func<bool> reached, Action step)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!reached())
        {
            step();
            await again.WaitForNextTickAsync(limit.Token);
        }
    }
}
