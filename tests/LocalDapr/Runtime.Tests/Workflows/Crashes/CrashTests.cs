using System.Net.Http.Json;
using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using MiniGrpc;
using Xunit;
using Case = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace LocalDapr.Runtime.Tests.Workflows.Crashes;

/// <summary>
/// The process dies at its first commit, at its second, and so on until it outlives the whole scenario: nothing that was acknowledged is
/// lost, and each step of the workflow stands in its history once.
/// </summary>
public sealed class CrashTests : IDisposable
{
    private const int MostCommits = 60;

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("crashes");
    private readonly HttpClient _http = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _http.Dispose();
        _root.Delete(recursive: true);
    }

    [Theory]
    [InlineData("LOCALDAPR_CRASH_BEFORE_COMMIT")]
    [InlineData("LOCALDAPR_CRASH_AFTER_COMMIT")]
    public async Task A_process_that_dies_at_any_of_its_commits_loses_nothing_and_repeats_nothing(string crashSwitch)
    {
        var deaths = 0;
        for (var commit = 1; commit < MostCommits; commit++)
        {
            if (!await DiesAsync(crashSwitch, commit)) break;
            deaths++;
        }

        Assert.InRange(deaths, 8, MostCommits - 2);
    }

    private async Task<bool> DiesAsync(string crashSwitch, int commit)
    {
        var folder = await PrepareAsync($"{commit}");
        await using var sidecar = new MortalSidecar(folder);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        over.CancelAfter(TimeSpan.FromMinutes(3));
        var living = sidecar.KeepAliveAsync(crashSwitch, commit, over.Token);
        var worker = new StockWorker(sidecar.Grpc);
        var working = worker.RunAsync(over.Token);
        using var channel = new GrpcChannel(sidecar.Grpc);

        await SaveAsync(sidecar, "before", over.Token);
        await InsistAsync(() => StartAsync(channel, over.Token), over.Token);
        await SaveAsync(sidecar, "between", over.Token);
        await InsistAsync(() => RaiseAsync(channel, over.Token), over.Token);
        var where = $"{crashSwitch}={commit}";
        var state = await EndAsync(channel, () => $"{where}, {sidecar.Deaths} deaths, worker {working.Status} {working.Exception} {worker.Doing}", over.Token);
        var history = await InsistAsync(() => HistoryAsync(channel, over.Token), over.Token);

        Assert.True(state.Output == "worked child now", $"{where}: {state}");
        foreach (var once in (Case[])[Case.TaskScheduled, Case.TaskCompleted, Case.TimerCreated, Case.TimerFired, Case.ChildWorkflowInstanceCreated,
            Case.ChildWorkflowInstanceCompleted, Case.ExecutionStarted, Case.ExecutionCompleted])
            Assert.True(history.Events.Count(happened => happened.EventTypeCase == once) == 1, $"{where}: {once} in {history}");
        foreach (var key in (string[])["before", "between"])
            Assert.True(await InsistAsync(() => ReadAsync(sidecar, key, over.Token), over.Token) == $"\"{key}\"", $"{where}: {key}");
        await over.CancelAsync();
        await Task.WhenAll(living, working);
        Assert.InRange(sidecar.Deaths, 0, 1);
        return sidecar.Deaths == 1;
    }

    // A client that does not know whether it was heard asks again: an id that is taken already was its own.
    private static async Task<bool> StartAsync(GrpcChannel channel, CancellationToken cancellation)
    {
        try
        {
            var start = new CreateInstanceRequest { InstanceId = "root", Name = "story" };
            await channel.UnaryAsync(TaskHubMethods.StartInstance, start, Patient(cancellation));
        }
        catch (RpcException taken) when (taken.StatusCode == StatusCode.AlreadyExists)
        {
        }

        return true;
    }

    private static async Task<bool> RaiseAsync(GrpcChannel channel, CancellationToken cancellation)
    {
        await channel.UnaryAsync(TaskHubMethods.RaiseEvent, new RaiseEventRequest { InstanceId = "root", Name = "go", Input = "now" }, Patient(cancellation));
        return true;
    }

    private static async Task<WorkflowState> CompletionAsync(GrpcChannel channel, CancellationToken cancellation) =>
        (await channel.UnaryAsync(
            TaskHubMethods.WaitForInstanceCompletion, new GetInstanceRequest { InstanceId = "root", GetInputsAndOutputs = true }, Patient(cancellation)))
        .WorkflowState;

    /// <summary>A workflow that does not end is a failure, which tells how far it came.</summary>
    private static async Task<WorkflowState> EndAsync(GrpcChannel channel, Func<string> where, CancellationToken cancellation)
    {
        try
        {
            return await InsistAsync(() => CompletionAsync(channel, cancellation), cancellation);
        }
        catch (RpcException late) when (late.StatusCode == StatusCode.DeadlineExceeded)
        {
            var root = await channel.UnaryAsync(TaskHubMethods.GetInstance, new GetInstanceRequest { InstanceId = "root" }, Patient(cancellation));
            throw new TimeoutException($"{where()}: no end of {root}; its history is {await HistoryAsync(channel, cancellation)}", late);
        }
    }

    private static Task<GetInstanceHistoryResponse> HistoryAsync(GrpcChannel channel, CancellationToken cancellation) =>
        channel.UnaryAsync(TaskHubMethods.GetInstanceHistory, new GetInstanceHistoryRequest { InstanceId = "root" }, Patient(cancellation));

    private static CallOptions Patient(CancellationToken cancellation) => new() { Cancellation = cancellation, Timeout = TimeSpan.FromSeconds(60) };

    private Task<bool> SaveAsync(MortalSidecar sidecar, string key, CancellationToken cancellation) => InsistAsync(
        async () =>
        {
            using var answer = await _http.PostAsJsonAsync(new Uri(sidecar.Http, "/v1.0/state/state"), new[] { new { key, value = key } }, cancellation);
            answer.EnsureSuccessStatusCode();
            return true;
        },
        cancellation);

    private Task<string> ReadAsync(MortalSidecar sidecar, string key, CancellationToken cancellation) =>
        _http.GetStringAsync(new Uri(sidecar.Http, $"/v1.0/state/state/{key}"), cancellation);

    private static async Task<T> InsistAsync<T>(Func<Task<T>> call, CancellationToken cancellation)
    {
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Exception dead) when (dead is HttpRequestException or RpcException { StatusCode: not StatusCode.DeadlineExceeded })
            {
                await again.WaitForNextTickAsync(cancellation);
            }
        }
    }

    private async Task<string> PrepareAsync(string name)
    {
        var folder = _root.CreateSubdirectory(name).FullName;
        Directory.CreateDirectory(Path.Combine(folder, "config"));
        await File.WriteAllTextAsync(
            Path.Combine(folder, "state.yaml"),
            OneSidecar.Component("state", "state.sqlite", ("connectionString", Path.Combine(folder, "state.db")), ("actorStateStore", "true")), Stop);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "config", "config.yaml"),
            $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata: {name: config}
            spec:
              nameResolution: {component: sqlite, configuration: {connectionString: "{{folder}}/names.db"} }
            """,
            Stop);
        return folder;
    }
}
