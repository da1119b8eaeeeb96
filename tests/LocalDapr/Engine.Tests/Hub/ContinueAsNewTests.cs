using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Storage;
using LocalDapr.Engine.Turns;
using Xunit;

namespace LocalDapr.Engine.Tests.Hub;

/// <summary>An execution that goes on as a new one, as others see it and as its children do.</summary>
public sealed class ContinueAsNewTests : IAsyncDisposable
{
    private readonly InMemoryWorkflowStore _store = new();
    private WorkflowEngine _engine = null!;

    private static CancellationToken Deadline => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public async Task It_is_running_before_its_next_turn_also_after_a_restart()
    {
        await BeginAsync();
        var worker = _engine.Connect(new WorkerOptions());
        await _engine.StartAsync(new StartRequest("a", "loop") { Input = "1" }, Deadline);
        await worker.TakeAsync([], [], 1, Deadline);
        await _engine.CompleteTurnAsync(new TurnResponse("a", [new CompleteWorkflow(1, RuntimeStatus.ContinuedAsNew) { Result = "2" }]), Deadline);
        worker.Dispose();

        for (var life = 0; life < 2; life++)
        {
            var summary = await _engine.GetAsync("a", Deadline);
            Assert.Equal((RuntimeStatus.Running, "loop", "2"), (summary!.Status, summary.Started!.Name, summary.Started.Input));
            await _engine.WaitForStartAsync("a", Deadline);
            await _engine.DisposeAsync();
            await BeginAsync();
        }

        await using var scripted = new ScriptedWorker(_engine, script: static worker =>
            worker.Workflows["loop"] = static _ => [new CompleteWorkflow(1, RuntimeStatus.Completed)]);
        Assert.Equal("2", (await _engine.WaitForCompletionAsync("a", Deadline)).Started!.Input);
    }

    [Fact]
    public async Task A_child_that_still_runs_is_taken_on_by_the_same_task_of_the_next_round()
    {
        await BeginAsync();
        await using var worker = new ScriptedWorker(_engine);
        worker.Workflows["child"] = history => history.OfType<EventRaised>().Any() ? [Complete("late")] : [];
        worker.Workflows["parent"] = history => history.OfType<ExecutionStarted>().Single().Input == "2"
            ? history.OfType<ChildCompleted>().FirstOrDefault() is { } child ? [Complete(child.Result!)]
                : history.OfType<ChildCreated>().Any() ? [] : [new CreateChild(1, "", "child")]
            : history.OfType<ChildCreated>().Any() ? [new CompleteWorkflow(9, RuntimeStatus.ContinuedAsNew) { Result = "2" }]
            : [new CreateChild(1, "", "child"), new CreateTimer(2, default)];

        await _engine.StartAsync(new StartRequest("a", "parent"), Deadline);
        await _engine.WaitAsync("a", summary => summary.Started?.Input == "2", Deadline);
        await _engine.RaiseAsync("a:0001", "go", null, Deadline);

        Assert.Equal("late", (await _engine.WaitForCompletionAsync("a", Deadline)).Completed!.Result);
        Assert.Single(worker.Turns, turn => turn.InstanceId == "a:0001" && turn.New.Any(happened => happened is ExecutionStarted));
    }

    [Fact]
    public async Task Thirty_rounds_without_a_wait_run_through()
    {
        await BeginAsync();
        await using var worker = new ScriptedWorker(_engine);
        worker.Workflows["loop"] = history => int.Parse(history.OfType<ExecutionStarted>().Single().Input!) is var round && round == 30
            ? [Complete("30")]
            : [new CompleteWorkflow(1, RuntimeStatus.ContinuedAsNew) { Result = $"{round + 1}" }];

        await _engine.StartAsync(new StartRequest("a", "loop") { Input = "0" }, Deadline);

        Assert.Equal("30", (await _engine.WaitForCompletionAsync("a", Deadline)).Completed!.Result);
    }

    [Fact]
    public async Task Events_are_taken_one_a_round_in_the_order_they_were_raised()
    {
        await BeginAsync();
        await _engine.StartAsync(new StartRequest("a", "queue") { Input = "" }, Deadline);
        for (var i = 0; i < 7; i++) await _engine.RaiseAsync("a", "item", $"{i}", Deadline);

        await using var worker = new ScriptedWorker(_engine, script: static worker => worker.Workflows["queue"] = static history =>
        {
            var taken = history.OfType<ExecutionStarted>().Single().Input!;
            var events = history.OfType<EventRaised>().ToArray();
            if (taken.Length == 7) return [Complete(taken)];
            return events.Length == 0
                ? [] : [new CompleteWorkflow(1, RuntimeStatus.ContinuedAsNew) { Result = taken + events[0].Input, Carryover = [.. events.Skip(1)] }];
        });

        Assert.Equal("0123456", (await _engine.WaitForCompletionAsync("a", Deadline)).Completed!.Result);
    }

    private async Task BeginAsync()
    {
        _engine = new WorkflowEngine(new EngineOptions("shop"), _store, TimeProvider.System);
        await _engine.StartAsync(Deadline);
    }

    private static CompleteWorkflow Complete(string result) => new(9_999, RuntimeStatus.Completed) { Result = result };
}
