using Dapr.DurableTask.Protobuf;
using Dapr.Workflow;
using LocalDapr.Protocol.Workflow;
using MiniGrpc;
using Xunit;
using static Sdk.Tests.Workflow.Histories;

namespace Sdk.Tests.Workflow;

public sealed class WorkerTests
{
    [Fact]
    public async Task A_sidecar_without_the_stream_is_served_through_the_task_hub()
    {
        await using var sidecar = await FakeSidecar.StartAsync(withStream: false, Register);

        sidecar.Items.Writer.TryWrite(new WorkItem
        {
            CompletionToken = "t1",
            WorkflowRequest = new() { InstanceId = "one", NewEvents = { TurnStarted(), Started("2") } },
        });
        sidecar.Items.Writer.TryWrite(new WorkItem { CompletionToken = "t2", ActivityRequest = Request("Double", "21") });
        var turn = await sidecar.Turns.NextAsync();
        var result = await sidecar.Activities.NextAsync();
        var started = await sidecar.Client.ScheduleNewWorkflowAsync("Test", "two", 5);

        Assert.Equal(("one", "t1", "Double"), (turn.InstanceId, turn.CompletionToken, turn.Actions.Single().ScheduleTask.Name));
        Assert.Equal(("42", "t2"), (result.Result, result.CompletionToken));
        Assert.Equal(("two", "5"), (started, (await sidecar.UnaryStarts.NextAsync()).Input));
    }

    [Fact]
    public async Task On_the_stream_a_run_is_kept_between_its_turns()
    {
        await using var sidecar = await ConnectedAsync();

        sidecar.Say(Turn(full: true, cached: 0, TurnStarted(), Started("2")));
        var first = await sidecar.FromWorker.NextAsync();
        sidecar.Say(Turn(full: false, cached: 3, TurnStarted(1), Completed(0, "4")));
        var second = await sidecar.FromWorker.NextAsync();

        Assert.Equal("Double", first.Workflows.Single().Actions.Single().ScheduleTask.Name);
        Assert.Equal("4", second.Workflows.Single().End().Result);
    }

    [Theory]
    [InlineData("run-1", 2u)]
    [InlineData("run-2", 3u)]
    public async Task A_kept_run_that_does_not_fit_is_a_cache_miss(string executionId, uint cached)
    {
        await using var sidecar = await ConnectedAsync();
        sidecar.Say(Turn(full: true, cached: 0, TurnStarted(), Started("2")));
        await sidecar.FromWorker.NextAsync();

        var turn = Turn(full: false, cached, TurnStarted(1), Completed(0, "4"));
        turn.Workflows[0].ExecutionId = executionId;
        sidecar.Say(turn);

        Assert.Equal("one", (await sidecar.FromWorker.NextAsync()).Misses.Single().InstanceId);
    }

    [Fact]
    public async Task Starts_and_raises_go_over_the_stream_and_return_with_their_acknowledgement()
    {
        await using var sidecar = await ConnectedAsync();

        var start = sidecar.Client.ScheduleNewWorkflowAsync("Test", "one", 2);
        var asked = (await sidecar.FromWorker.NextAsync()).Starts.Single();
        sidecar.Say(new HubBatch { Acks = { new Ack { Sequence = asked.Sequence } } });
        await start;
        var raise = sidecar.Client.RaiseEventAsync("none", "Paid", cancellation: TestContext.Current.CancellationToken);
        var raised = (await sidecar.FromWorker.NextAsync()).Raises.Single();
        sidecar.Say(new HubBatch { Acks = { new Ack { Sequence = raised.Sequence, Code = (uint)StatusCode.NotFound, Message = "no such instance exists" } } });

        Assert.Equal(("one", "Test", "2"), (asked.Instance.InstanceId, asked.Instance.Name, asked.Instance.Input));
        Assert.Equal(Grpc.Core.StatusCode.NotFound, (await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => raise)).StatusCode);
    }

    [Fact]
    public async Task What_waits_when_the_stream_ends_fails_and_the_worker_comes_again()
    {
        await using var sidecar = await ConnectedAsync();
        var start = sidecar.Client.ScheduleNewWorkflowAsync("Test");
        await sidecar.FromWorker.NextAsync();

        sidecar.HangUp();
        var failure = await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => start);
        sidecar.Say(new HubBatch { Hello = new() });

        Assert.Equal(Grpc.Core.StatusCode.Unavailable, failure.StatusCode);
        Assert.True((await sidecar.FromWorker.NextAsync()).Hello.Worker);
    }

    [Fact]
    public async Task Activities_run_at_the_same_time_and_answer_with_their_run()
    {
        await using var sidecar = await ConnectedAsync();

        sidecar.Say(new HubBatch { Activities = { Request("Meet", "1"), Request("Meet", "2") } });
        var answers = new List<ActivityResponse>();
        while (answers.Count < 2)
        {
            answers.AddRange((await sidecar.FromWorker.NextAsync()).Activities);
        }

        Assert.Equal(["1", "2"], answers.Select(a => a.Result).Order());
        Assert.All(answers, a => Assert.Equal("run-1", a.CompletionToken));
    }

    private static async Task<FakeSidecar> ConnectedAsync()
    {
        var sidecar = await FakeSidecar.StartAsync(withStream: true, Register);
        var hello = await sidecar.FromWorker.NextAsync();
        Assert.True(hello.Hello.Worker);

        // A message later than the reply is read, the reply itself is: starts go over the stream from then on.
        sidecar.Say(new HubBatch { Hello = new() });
        sidecar.Say(new HubBatch { Activities = { Request("Double", "1") } });
        await sidecar.FromWorker.NextAsync();
        return sidecar;
    }

    private static void Register(WorkflowRuntimeOptions options)
    {
        var met = new TaskCompletionSource();
        var arrived = 0;
        options.RegisterWorkflow<int, int>("Test", (context, input) => context.CallActivityAsync<int>("Double", input));
        options.RegisterActivity<int, int>("Double", (_, input) => Task.FromResult(2 * input));
        options.RegisterActivity<int, int>("Meet", async (_, input) =>
        {
            if (Interlocked.Increment(ref arrived) == 2)
            {
                met.SetResult();
            }

            await met.Task;
            return input;
        });
    }

    private static ActivityRequest Request(string name, string input) => new()
    {
        Name = name,
        Input = input,
        WorkflowInstance = new() { InstanceId = "one", ExecutionId = "run-1" },
    };

    private static HubBatch Turn(bool full, uint cached, params HistoryEvent[] events) => new()
    {
        Workflows =
        {
            new WorkflowTurn
            {
                Full = full,
                ExecutionId = "run-1",
                CachedEvents = cached,
                Request = new() { InstanceId = "one", NewEvents = { events } },
            },
        },
    };
}
