using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Storage;
using LocalDapr.Engine.Turns;
using Xunit;

namespace LocalDapr.Engine.Tests.Hub;

public sealed class EngineTests : IAsyncDisposable
{
    private readonly FakeTime _time = new();
    private readonly InMemoryWorkflowStore _store = new();
    private WorkflowEngine _engine;
    private ScriptedWorker? _worker;

    public EngineTests() => _engine = new WorkflowEngine(new EngineOptions("shop"), _store, _time);

    private static CancellationToken Deadline => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public async ValueTask DisposeAsync()
    {
        if (_worker is not null) await _worker.DisposeAsync();
        await _engine.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Five_activities_run_one_after_the_other_and_the_workflow_completes(bool keepsInstances)
    {
        var worker = await WorkerAsync(keepsInstances);
        worker.Workflows["five"] = Sequence(5);

        await _engine.StartAsync(new StartRequest("a", "five") { Input = "in" }, Deadline);
        var done = await _engine.WaitForCompletionAsync("a", Deadline);

        Assert.Equal(RuntimeStatus.Completed, done.Status);
        Assert.Equal("5", done.Completed!.Result);
        Assert.Equal(6, worker.Turns.Count);
        Assert.Equal(keepsInstances, worker.Turns.Last().Past is null);
        var history = await _engine.HistoryAsync("a", Deadline);
        Assert.Equal(6 + 1 + 5 + 5 + 1, history!.Count);
    }

    [Fact]
    public async Task An_instance_survives_the_engine_at_every_step()
    {
        var worker = await WorkerAsync();
        worker.Workflows["wait"] = history => history.OfType<EventRaised>().Any()
            ? [new CompleteWorkflow(3, RuntimeStatus.Completed) { Result = history.OfType<TaskCompleted>().Single().Result }]
            : history.OfType<TaskScheduled>().Any() ? [] : [new ScheduleTask(1, "hold") { Input = "x" }];
        worker.Activity = static _ => null;
        await _engine.StartAsync(new StartRequest("a", "wait"), Deadline);
        await Eventually(() => !worker.Activities.IsEmpty);

        await RestartAsync();
        await Eventually(() => !_worker!.Activities.IsEmpty);
        await _engine.CompleteActivityAsync(new ActivityResult("a", 1, "r", null), Deadline);
        await RestartAsync();
        await _engine.RaiseAsync("a", "go", null, Deadline);
        await RestartAsync();
        var done = await _engine.WaitForCompletionAsync("a", Deadline);

        Assert.Equal("r", done.Completed!.Result);
    }

    [Fact]
    public async Task A_timer_fires_once_when_its_time_has_come_even_after_a_restart()
    {
        var due = Moment.From(_time.GetUtcNow().AddHours(1));
        IReadOnlyList<WorkflowAction>? Sleep(IReadOnlyList<HistoryEvent> history) =>
            history.OfType<TimerFired>().Any() ? [new CompleteWorkflow(2, RuntimeStatus.Completed)]
            : history.OfType<TimerCreated>().Any() ? [] : [new CreateTimer(1, due)];
        (await WorkerAsync()).Workflows["sleep"] = Sleep;
        await _engine.StartAsync(new StartRequest("a", "sleep"), Deadline);
        await _engine.WaitForStartAsync("a", Deadline);

        await RestartAsync();
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.Empty(_worker!.Turns);
        _time.Advance(TimeSpan.FromMinutes(2));

        await _engine.WaitForCompletionAsync("a", Deadline);
        Assert.Single((await _engine.HistoryAsync("a", Deadline))!.OfType<TimerFired>());
    }

    [Fact]
    public async Task A_parent_gets_the_result_of_its_child()
    {
        var worker = await WorkerAsync();
        worker.Workflows["child"] = history => [new CompleteWorkflow(1, RuntimeStatus.Completed) { Result = history.OfType<ExecutionStarted>().Single().Input + "!" }];
        worker.Workflows["parent"] = history => history.OfType<ChildCompleted>().FirstOrDefault() is { } child
            ? [new CompleteWorkflow(2, RuntimeStatus.Completed) { Result = child.Result }]
            : [new CreateChild(1, "", "child") { Input = "hi" }];

        await _engine.StartAsync(new StartRequest("p", "parent"), Deadline);

        Assert.Equal("hi!", (await _engine.WaitForCompletionAsync("p", Deadline)).Completed!.Result);
        Assert.Equal(RuntimeStatus.Completed, (await _engine.GetAsync("p:0001", Deadline))!.Status);
    }

    [Fact]
    public async Task Continue_as_new_keeps_events_that_came_meanwhile_and_drops_results_of_the_earlier_generation()
    {
        var worker = await WorkerAsync();
        await _engine.StartAsync(new StartRequest("a", "loop") { Input = "1" }, Deadline);
        await Eventually(() => !worker.Turns.IsEmpty);
        await _engine.RaiseAsync("a", "late", "kept", Deadline);
        worker.Workflows["loop"] = history => history.OfType<EventRaised>().FirstOrDefault() is { } raised
            ? [new CompleteWorkflow(1, RuntimeStatus.Completed) { Result = raised.Input }] : [];

        await worker.AnswerAsync(worker.Turns.First(), new CompleteWorkflow(1, RuntimeStatus.ContinuedAsNew) { Result = "2" });

        var done = await _engine.WaitForCompletionAsync("a", Deadline);
        Assert.Equal("kept", done.Completed!.Result);
        Assert.Equal("2", done.Started!.Input);
    }

    [Fact]
    public async Task The_id_of_an_active_instance_is_refused_and_that_of_a_finished_one_starts_over()
    {
        var worker = await WorkerAsync();
        await _engine.StartAsync(new StartRequest("a", "once"), Deadline);
        var refused = await Assert.ThrowsAsync<WorkflowException>(() => _engine.StartAsync(new StartRequest("a", "once"), Deadline).AsTask());
        Assert.Equal(WorkflowErrorKind.AlreadyExists, refused.Kind);
        await Eventually(() => !worker.Turns.IsEmpty);
        worker.Workflows["once"] = _ => [new CompleteWorkflow(1, RuntimeStatus.Completed)];
        await worker.AnswerAsync(worker.Turns.First(), new CompleteWorkflow(1, RuntimeStatus.Completed) { Result = "first" });
        await _engine.WaitForCompletionAsync("a", Deadline);

        await _engine.StartAsync(new StartRequest("a", "once") { UnlessExists = true }, Deadline);
        Assert.Equal("first", (await _engine.GetAsync("a", Deadline))!.Completed!.Result);
        await _engine.StartAsync(new StartRequest("a", "once"), Deadline);
        var again = await _engine.WaitAsync("a", summary => summary is { IsTerminal: true, Completed.Result: null }, Deadline);

        Assert.Equal(RuntimeStatus.Completed, again.Status);
        Assert.Equal(3, (await _engine.HistoryAsync("a", Deadline))!.Count);
    }

    [Fact]
    public async Task Finished_instances_leave_memory_and_are_still_found()
    {
        _engine = new WorkflowEngine(new EngineOptions("shop") { FinishedInMemory = 5 }, _store, _time);
        var worker = await WorkerAsync();
        worker.Workflows["quick"] = _ => [new CompleteWorkflow(1, RuntimeStatus.Completed)];

        for (var i = 0; i < 50; i++)
        {
            await _engine.StartAsync(new StartRequest($"i{i}", "quick"), Deadline);
            await _engine.WaitForCompletionAsync($"i{i}", Deadline);
        }

        Assert.InRange(_engine.InstancesInMemory, 1, 7);
        Assert.Equal(RuntimeStatus.Completed, (await _engine.GetAsync("i0", Deadline))!.Status);
        Assert.Equal(1, await _engine.PurgeAsync("i0", recursive: false, force: false, Deadline));
        Assert.Null(await _engine.GetAsync("i0", Deadline));
    }

    [Fact]
    public async Task Instances_that_only_wait_leave_memory_and_come_back_for_their_event_or_their_timer()
    {
        _engine = new WorkflowEngine(new EngineOptions("shop") { IdleInMemory = 5 }, _store, _time);
        var due = Moment.From(_time.GetUtcNow().AddHours(1));
        var worker = await WorkerAsync();
        worker.Workflows["wait"] = history => history.Any(happened => happened is EventRaised or TimerFired)
            ? [new CompleteWorkflow(2, RuntimeStatus.Completed)]
            : history.OfType<TimerCreated>().Any() ? [] : [new CreateTimer(1, due)];
        for (var i = 0; i < 40; i++)
        {
            await _engine.StartAsync(new StartRequest($"i{i}", "wait"), Deadline);
            await _engine.WaitForStartAsync($"i{i}", Deadline);
        }

        Assert.InRange(_engine.InstancesInMemory, 5, 7);
        await _engine.RaiseAsync("i0", "go", null, Deadline);
        await _engine.WaitForCompletionAsync("i0", Deadline);
        await RestartAsync();
        Assert.Equal(0, _engine.InstancesInMemory);
        _time.Advance(TimeSpan.FromMinutes(61));

        for (var i = 1; i < 40; i++) await _engine.WaitForCompletionAsync($"i{i}", Deadline);
    }

    [Fact]
    public async Task A_scheduled_start_leaves_memory_and_happens_at_its_time()
    {
        _engine = new WorkflowEngine(new EngineOptions("shop") { IdleInMemory = 0 }, _store, _time);
        var worker = await WorkerAsync();
        worker.Workflows["later"] = static _ => [new CompleteWorkflow(1, RuntimeStatus.Completed)];

        await _engine.StartAsync(
            new StartRequest("a", "later") { ScheduledStart = Moment.From(_time.GetUtcNow().AddHours(2)) }, Deadline);
        await Eventually(() => _engine.InstancesInMemory == 0);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(worker.Turns);
        _time.Advance(TimeSpan.FromHours(1));
        var done = await _engine.WaitForCompletionAsync("a", Deadline);

        Assert.Equal(RuntimeStatus.Completed, done.Status);
    }

    private static Func<IReadOnlyList<HistoryEvent>, IReadOnlyList<WorkflowAction>?> Sequence(int count) => history =>
    {
        var done = history.OfType<TaskCompleted>().Count();
        return done == count
            ? [new CompleteWorkflow(count + 1, RuntimeStatus.Completed) { Result = done.ToString() }]
            : [new ScheduleTask(done + 1, "step") { Input = "x" }];
    };

    private async Task<ScriptedWorker> WorkerAsync(bool keepsInstances = false)
    {
        await _engine.StartAsync(Deadline);
        return _worker = new ScriptedWorker(_engine, keepsInstances);
    }

    private async Task RestartAsync()
    {
        var before = _worker!;
        await before.DisposeAsync();
        await _engine.DisposeAsync();
        _engine = new WorkflowEngine(new EngineOptions("shop"), _store, _time);
        await _engine.StartAsync(Deadline);
        _worker = new ScriptedWorker(_engine, like: before);
    }

    private static async Task Eventually(Func<bool> reached)
    {
        var deadline = DateTime.UtcNow.AddSeconds(60);
        while (!reached())
        {
            Assert.True(DateTime.UtcNow < deadline, "the condition was not reached in time");
            await Task.Delay(5);
        }
    }
}
