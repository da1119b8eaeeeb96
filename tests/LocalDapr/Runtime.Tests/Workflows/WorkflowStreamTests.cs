using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using LocalDapr.Protocol.Workflow;
using LocalDapr.Runtime.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests.Workflows;

/// <summary>Our stream as a worker of another process sees it, against a sidecar on SQLite.</summary>
public sealed class WorkflowStreamTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("workflow-stream");
    private readonly RuntimeHost _host = new(NullLoggerFactory.Instance);
    private readonly List<IDisposable> _open = [];
    private Sidecar _sidecar = null!;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, "state.yaml"),
            OneSidecar.Component("state", "state.sqlite", ("connectionString", Path.Combine(_folder.FullName, "state.db")), ("actorStateStore", "true")),
            Stop);
        _sidecar = new Sidecar(_host, new SidecarOptions { AppId = "app", HttpPort = 0, GrpcPort = 0, ResourcesPaths = [_folder.FullName] });
        await _sidecar.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _open.ForEach(call => call.Dispose());
        await _host.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_workflow_runs_on_the_stream_and_its_history_is_sent_only_when_the_worker_has_lost_it()
    {
        var stream = await ConnectAsync();
        await stream.SendAsync(new WorkerBatch { Starts = { Start(7, "a") } });
        Assert.Equal(0u, (await stream.AckAsync(7)).Code);

        var first = await stream.TurnAsync();
        Assert.True(first.Full);
        await stream.SendAsync(Answer("a", new WorkflowAction { Id = 0, ScheduleTask = new ScheduleTaskAction { Name = "step", Input = "x" } }));
        var activity = await stream.ActivityAsync();
        Assert.Equal(first.ExecutionId, activity.WorkflowInstance.ExecutionId);
        await stream.SendAsync(new WorkerBatch { Activities = { new ActivityResponse { InstanceId = "a", TaskId = activity.TaskId, Result = "y" } } });

        var kept = await stream.TurnAsync();
        Assert.False(kept.Full);
        Assert.Empty(kept.Request.PastEvents);
        Assert.Equal(3u, kept.CachedEvents);
        await stream.SendAsync(new WorkerBatch { Misses = { new CacheMiss { InstanceId = "a" } } });
        var again = await stream.TurnAsync();
        Assert.True(again.Full);
        Assert.Equal(3, again.Request.PastEvents.Count);
        Assert.Equal("y", again.Request.NewEvents[^1].TaskCompleted.Result);

        await stream.SendAsync(Answer("a", Complete(1, "done")));
        Assert.Equal("done", (await CompletionAsync("a")).Output);
    }

    [Fact]
    public async Task Starts_of_an_active_id_are_refused_and_those_unless_it_exists_are_not()
    {
        var stream = await ConnectAsync();

        await stream.SendAsync(new WorkerBatch { Starts = { Start(1, "a"), Start(2, "a"), Start(3, "a", unlessExists: true) } });

        Assert.Equal(0u, (await stream.AckAsync(1)).Code);
        Assert.Equal((uint)StatusCode.AlreadyExists, (await stream.AckAsync(2)).Code);
        Assert.Equal(0u, (await stream.AckAsync(3)).Code);
    }

    [Fact]
    public async Task Work_of_a_stream_that_ends_goes_to_the_next_one_with_its_history()
    {
        var lost = await ConnectAsync();
        await lost.SendAsync(new WorkerBatch { Starts = { Start(1, "a") } });
        await lost.TurnAsync();
        lost.Dispose();

        var next = await ConnectAsync();
        Assert.True((await next.TurnAsync()).Full);
        await next.SendAsync(Answer("a", Complete(0, "done")));

        Assert.Equal("done", (await CompletionAsync("a")).Output);
    }

    private static Start Start(ulong sequence, string id, bool unlessExists = false) => new()
    {
        Sequence = sequence,
        UnlessExists = unlessExists,
        Instance = new CreateInstanceRequest { InstanceId = id, Name = "w", Input = "in" },
    };

    private static WorkflowAction Complete(int id, string result) => new()
    {
        Id = id,
        CompleteWorkflow = new CompleteWorkflowAction { WorkflowStatus = OrchestrationStatus.Completed, Result = result },
    };

    private static WorkerBatch Answer(string id, params WorkflowAction[] actions) =>
        new() { Workflows = { new WorkflowResponse { InstanceId = id, Actions = { actions } } } };

    private async Task<Stream> ConnectAsync()
    {
        var channel = new GrpcChannel(new Uri($"http://127.0.0.1:{_sidecar.GrpcPort}"));
        var stream = new Stream(channel.Duplex(WorkflowStreamMethods.Connect, new CallOptions { Cancellation = Stop }));
        _open.Add(stream);
        _open.Add(channel);
        await stream.SendAsync(new WorkerBatch { Hello = new Hello { Worker = true } });
        return stream;
    }

    private async Task<WorkflowState> CompletionAsync(string id)
    {
        using var channel = new GrpcChannel(new Uri($"http://127.0.0.1:{_sidecar.GrpcPort}"));
        var request = new GetInstanceRequest { InstanceId = id, GetInputsAndOutputs = true };
        var options = new CallOptions { Cancellation = Stop, Timeout = TimeSpan.FromSeconds(60) };
        return (await channel.UnaryAsync(TaskHubMethods.WaitForInstanceCompletion, request, options)).WorkflowState;
    }

    /// <summary>The worker's end of a stream: sorts what arrives, and hands it out one by one.</summary>
    private sealed class Stream(DuplexCall<WorkerBatch, HubBatch> call) : IDisposable
    {
        private readonly IAsyncEnumerator<HubBatch> _batches = call.ReadAllAsync(Stop).GetAsyncEnumerator(Stop);
        private readonly Queue<WorkflowTurn> _turns = [];
        private readonly Queue<ActivityRequest> _activities = [];
        private readonly Dictionary<ulong, Ack> _acks = [];

        public async Task SendAsync(WorkerBatch batch) => await call.WriteAsync(batch, cancellation: Stop);

        public async Task<WorkflowTurn> TurnAsync()
        {
            WorkflowTurn? turn;
            while (!_turns.TryDequeue(out turn)) await ReadAsync();
            return turn;
        }

        public async Task<ActivityRequest> ActivityAsync()
        {
            ActivityRequest? activity;
            while (!_activities.TryDequeue(out activity)) await ReadAsync();
            return activity;
        }

        public async Task<Ack> AckAsync(ulong sequence)
        {
            Ack? ack;
            while (!_acks.Remove(sequence, out ack)) await ReadAsync();
            return ack;
        }

        public void Dispose() => call.Dispose();

        private async Task ReadAsync()
        {
            Assert.True(await _batches.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60), Stop), "the stream has ended");
            foreach (var turn in _batches.Current.Workflows) _turns.Enqueue(turn);
            foreach (var activity in _batches.Current.Activities) _activities.Enqueue(activity);
            foreach (var ack in _batches.Current.Acks) _acks[ack.Sequence] = ack;
        }
    }
}
