using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Storage;
using LocalDapr.Engine.Turns;
using Xunit;

namespace LocalDapr.Engine.Tests.Hub;

/// <summary>Payloads up to the limit pass; one beyond it stalls or fails what made it, with its size.</summary>
public sealed class PayloadLimitTests : IAsyncDisposable
{
    private const int Limit = 1_000;

    private readonly WorkflowEngine _engine =
        new(new EngineOptions("shop") { MaxPayloadBytes = Limit }, new InMemoryWorkflowStore(), TimeProvider.System);

    private ScriptedWorker? _worker;

    private static CancellationToken Deadline => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public async ValueTask DisposeAsync()
    {
        if (_worker is not null) await _worker.DisposeAsync();
        await _engine.DisposeAsync();
    }

    [Fact]
    public async Task Inputs_and_events_beyond_the_limit_are_refused_and_those_at_it_are_not()
    {
        var worker = await WorkerAsync();
        worker.Workflows["wait"] = static history =>
            history.OfType<EventRaised>().Any() ? [new CompleteWorkflow(1, RuntimeStatus.Completed)] : [];

        var refused = await Assert.ThrowsAsync<WorkflowException>(
            () => _engine.StartAsync(new StartRequest("a", "wait") { Input = new string('ä', (Limit / 2) + 1) }, Deadline).AsTask());
        await _engine.StartAsync(new StartRequest("a", "wait") { Input = new string('ä', Limit / 2) }, Deadline);
        await Assert.ThrowsAsync<WorkflowException>(async () => await _engine.RaiseAsync("a", "go", new string('x', Limit + 1), Deadline));
        await _engine.RaiseAsync("a", "go", new string('x', Limit), Deadline);
        var done = await _engine.WaitForCompletionAsync("a", Deadline);

        Assert.Equal(WorkflowErrorKind.TooLarge, refused.Kind);
        Assert.Equal(RuntimeStatus.Completed, done.Status);
    }

    [Fact]
    public async Task An_activity_whose_result_is_beyond_the_limit_has_failed_for_good()
    {
        var worker = await WorkerAsync();
        worker.Activity = static item => new ActivityResult(item.InstanceId, item.Task.EventId, new string('x', Limit + 5), null);
        worker.Workflows["big"] = static history =>
            history.OfType<TaskFailed>().FirstOrDefault() is { } failed ? [new CompleteWorkflow(2, RuntimeStatus.Failed) { Failure = failed.Failure }]
            : history.OfType<TaskScheduled>().Any() ? [] : [new ScheduleTask(1, "export")];

        await _engine.StartAsync(new StartRequest("a", "big"), Deadline);
        var failure = (await _engine.WaitForCompletionAsync("a", Deadline)).Completed!.Failure!;

        Assert.Equal("the result of activity 'export' has 1005 bytes, more than max-body-size allows (1000)", failure.ErrorMessage);
        Assert.True(failure.IsNonRetriable);
    }

    [Theory]
    [InlineData("child", "the input of child workflow 'kid' has 1001 bytes")]
    [InlineData("output", "the output of the workflow has 1001 bytes")]
    [InlineData("again", "the output of the workflow has 1001 bytes")]
    [InlineData("event", "the event 'go' has 1001 bytes")]
    public async Task A_workflow_that_hands_on_more_than_the_limit_fails(string how, string why)
    {
        var payload = new string('x', Limit + 1);
        WorkflowAction action = how switch
        {
            "child" => new CreateChild(1, "b", "kid") { Input = payload },
            "event" => new SendEvent(1, "b", "go", payload),
            _ => new CompleteWorkflow(1, how == "again" ? RuntimeStatus.ContinuedAsNew : RuntimeStatus.Completed) { Result = payload },
        };
        (await WorkerAsync()).Workflows["big"] = _ => [action];

        await _engine.StartAsync(new StartRequest("a", "big"), Deadline);
        var done = await _engine.WaitForCompletionAsync("a", Deadline);

        Assert.Equal(RuntimeStatus.Failed, done.Status);
        Assert.StartsWith(why, done.Completed!.Failure!.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal("PayloadTooLarge", done.Completed.Failure.ErrorType);
    }

    [Fact]
    public async Task An_activity_near_the_limit_stalls_its_workflow_and_nothing_of_the_turn_counts()
    {
        var worker = await WorkerAsync();
        worker.Workflows["big"] = static _ => [new ScheduleTask(1, "small"), new ScheduleTask(2, "step") { Input = new string('ä', 480) }];

        await _engine.StartAsync(new StartRequest("a", "big"), Deadline);
        await _engine.WaitAsync("a", static now => now.Status == RuntimeStatus.Stalled, Deadline);
        var stalled = Assert.IsType<ExecutionStalled>(Assert.Single((await _engine.HistoryAsync("a", Deadline))!));

        Assert.Equal(StallReason.PayloadSizeExceeded, stalled.Reason);
        Assert.Equal(
            "activity 'step::2' payload 1012 bytes exceeds 95% of max gRPC body size 1000 bytes; increase daprd --max-body-size and restart to resume: "
            + "activity payload exceeds max gRPC body size",
            stalled.Description);
        Assert.Empty(worker.Activities);
    }

    [Fact]
    public async Task History_that_goes_along_counts_for_the_activity()
    {
        var worker = await WorkerAsync();
        worker.Workflows["big"] = static _ => [new ScheduleTask(1, "step") { Scope = PropagationScope.OwnHistory }];

        await _engine.StartAsync(new StartRequest("a", "big") { Input = new string('x', 900) }, Deadline);
        var stalled = await _engine.WaitAsync("a", static now => now.Status != RuntimeStatus.Pending, Deadline);

        Assert.Equal(RuntimeStatus.Stalled, stalled.Status);
    }

    [Fact]
    public async Task A_work_item_counts_in_bytes_and_as_long_as_the_host_says()
    {
        var options = new EngineOptions("shop")
        {
            MaxHistoryBytes = Limit,
            SizeOf = static happened => happened is TaskCompleted done ? 3 * done.Result!.Length : 10,
        };
        await using var engine = new WorkflowEngine(options, new InMemoryWorkflowStore(), TimeProvider.System);
        await engine.StartAsync(Deadline);
        await using var worker = new ScriptedWorker(engine);
        worker.Workflows["grow"] = Grow;
        worker.Activity = static item => new ActivityResult(item.InstanceId, item.Task.EventId, new string('日', 150), null);

        await engine.StartAsync(new StartRequest("a", "grow"), Deadline);
        await engine.WaitAsync("a", static now => now.Status == RuntimeStatus.Stalled, Deadline);

        var stalled = (ExecutionStalled)(await engine.HistoryAsync("a", Deadline))![^1];
        // The start, three turns with an activity and its result each; the clock of the turn that stalls is not counted.
        Assert.StartsWith($"Workflow payload size {10 + (3 * (10 + 10 + 450))} bytes", stalled.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_host_texts_count_in_bytes_too()
    {
        await using var engine = new WorkflowEngine(new EngineOptions("shop") { MaxHistoryBytes = Limit }, new InMemoryWorkflowStore(), TimeProvider.System);
        await engine.StartAsync(Deadline);
        await using var worker = new ScriptedWorker(engine);
        worker.Workflows["grow"] = Grow;

        await engine.StartAsync(new StartRequest("a", "grow") { Input = new string('日', 340) }, Deadline);
        var now = await engine.WaitAsync("a", static now => now.Status != RuntimeStatus.Pending, Deadline);

        Assert.Equal(RuntimeStatus.Stalled, now.Status);
    }

    [Fact]
    public async Task A_stalled_workflow_goes_on_after_a_start_with_a_larger_limit()
    {
        var store = new InMemoryWorkflowStore();
        ScriptedWorker before;
        await using (var small = new WorkflowEngine(new EngineOptions("shop") { MaxPayloadBytes = Limit, MaxHistoryBytes = Limit }, store, TimeProvider.System))
        {
            await small.StartAsync(Deadline);
            await using var worker = before = new ScriptedWorker(small);
            worker.Workflows["grow"] = Grow;
            await small.StartAsync(new StartRequest("a", "grow"), Deadline);
            await small.WaitAsync("a", static now => now.Status == RuntimeStatus.Stalled, Deadline);
            var stalled = (ExecutionStalled)(await small.HistoryAsync("a", Deadline))![^1];
            Assert.Matches("^Workflow payload size [0-9]+ bytes exceeds 95% of max gRPC body size 1000 bytes; increase daprd", stalled.Description);
        }

        await using var large = new WorkflowEngine(
            new EngineOptions("shop") { MaxPayloadBytes = 10 * Limit, MaxHistoryBytes = 10 * Limit }, store, TimeProvider.System);
        await large.StartAsync(Deadline);
        await using var again = new ScriptedWorker(large, like: before);

        Assert.Equal(RuntimeStatus.Completed, (await large.WaitForCompletionAsync("a", Deadline)).Status);
    }

    private static IReadOnlyList<WorkflowAction> Grow(IReadOnlyList<HistoryEvent> history) => history.OfType<TaskCompleted>().Count() switch
    {
        4 => [new CompleteWorkflow(9, RuntimeStatus.Completed)],
        var done => [new ScheduleTask(done + 1, "echo") { Input = new string('x', 150) }],
    };

    private async Task<ScriptedWorker> WorkerAsync()
    {
        await _engine.StartAsync(Deadline);
        return _worker = new ScriptedWorker(_engine);
    }
}
