using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Storage;
using LocalDapr.Engine.Turns;
using Xunit;

namespace LocalDapr.Engine.Tests.Hub;

/// <summary>Who is given which work, and who is woken for it.</summary>
public sealed class DispatchTests : IAsyncDisposable
{
    private readonly List<TurnItem> _turns = [];
    private readonly List<ActivityItem> _activities = [];
    private WorkflowEngine _engine = null!;

    private static CancellationToken Deadline => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public async Task A_worker_whose_connection_is_held_up_keeps_no_work_from_one_that_waits()
    {
        await BeginAsync(new EngineOptions("shop"));
        using var heldUp = _engine.Connect(new WorkerOptions());
        await using var waiting = new ScriptedWorker(_engine);
        waiting.Workflows["quick"] = static _ => [new CompleteWorkflow(1, RuntimeStatus.Completed)];

        for (var i = 0; i < 20; i++)
        {
            await _engine.StartAsync(new StartRequest($"i{i}", "quick"), Deadline);
            await _engine.WaitForCompletionAsync($"i{i}", Deadline);
        }
    }

    [Theory]
    [InlineData("lost", false)]
    [InlineData("present", true)]
    [InlineData("elsewhere", true)]
    public async Task An_answer_without_a_token_over_the_connection_that_lost_the_turn_is_not_taken_for_the_one_open_now(string peer, bool counts)
    {
        await BeginAsync(new EngineOptions("shop"));
        await _engine.StartAsync(new StartRequest("a", "any"), Deadline);
        using (var lost = _engine.Connect(new WorkerOptions { Peer = "lost" })) Assert.True(await lost.TakeAsync(_turns, _activities, 16, Deadline));
        await _engine.RaiseAsync("a", "more", null, Deadline);
        using var worker = _engine.Connect(new WorkerOptions { Peer = "present" });
        Assert.True(await worker.TakeAsync(_turns, _activities, 16, Deadline));

        await _engine.CompleteTurnAsync(new TurnResponse("a", []) { Peer = peer }, Deadline);
        await _engine.CompleteTurnAsync(new TurnResponse("a", [new CompleteWorkflow(1, RuntimeStatus.Completed)]) { Peer = "present" }, Deadline);

        Assert.Equal(counts ? RuntimeStatus.Running : RuntimeStatus.Completed, (await _engine.GetAsync("a", Deadline))!.Status);
    }

    [Fact]
    public async Task A_worker_that_is_leaving_is_handed_nothing()
    {
        await BeginAsync(new EngineOptions("shop"));
        await _engine.StartAsync(new StartRequest("a", "any"), Deadline);
        using var worker = _engine.Connect(new WorkerOptions());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => worker.TakeAsync(_turns, _activities, 16, new CancellationToken(canceled: true)).AsTask());

        Assert.Empty(_turns);
    }

    [Fact]
    public async Task A_worker_is_not_woken_while_as_many_turns_are_open_as_may_be()
    {
        await BeginAsync(new EngineOptions("shop") { MaxOpenTurns = 1 });
        using var worker = _engine.Connect(new WorkerOptions());
        await _engine.StartAsync(new StartRequest("a", "any"), Deadline);
        await _engine.StartAsync(new StartRequest("b", "any"), Deadline);
        await _engine.FlushAsync();

        Assert.True(_engine.Take(worker, _turns, _activities, 16));
        Assert.Equal("a", Assert.Single(_turns).InstanceId);
        Assert.False(_engine.Take(worker, [], _activities, 16));
        Assert.True(worker.IsWaiting);
        await _engine.CompleteTurnAsync(new TurnResponse("a", []), Deadline);

        Assert.False(worker.IsWaiting);
        Assert.True(await worker.TakeAsync(_turns, _activities, 16, Deadline));
        Assert.Equal(["a", "b"], _turns.Select(turn => turn.InstanceId));
    }

    [Fact]
    public async Task A_worker_that_has_all_it_may_have_is_woken_when_it_has_room_again()
    {
        await BeginAsync(new EngineOptions("shop"));
        using var worker = _engine.Connect(new WorkerOptions { MaxOpenTurns = 1, MaxOpenActivities = 1 });
        await _engine.StartAsync(new StartRequest("a", "any"), Deadline);
        await _engine.StartAsync(new StartRequest("b", "any"), Deadline);
        await _engine.FlushAsync();
        _engine.Take(worker, _turns, _activities, 16);
        Assert.False(_engine.Take(worker, [], _activities, 16));

        await worker.CompleteAsync(new TurnResponse("a", [new ScheduleTask(1, "one"), new ScheduleTask(2, "two")]), Deadline);
        await _engine.FlushAsync();
        Assert.True(_engine.Take(worker, _turns, _activities, 16));
        Assert.Equal("b", _turns[1].InstanceId);
        Assert.Equal("one", Assert.Single(_activities).Task.Name);
        Assert.False(_engine.Take(worker, [], [], 16));
        worker.Complete([new ActivityResult("a", 1, null, null)]);

        _activities.Clear();
        Assert.True(await worker.TakeAsync([], _activities, 16, Deadline));
        Assert.Equal("two", Assert.Single(_activities).Task.Name);
    }

    [Fact]
    public async Task A_workflow_of_a_limited_name_waits_for_its_like_and_others_pass_it_by()
    {
        await BeginAsync(new EngineOptions("shop") { MaxOpenTurnsOf = new Dictionary<string, int> { ["few"] = 1 } });
        using var worker = _engine.Connect(new WorkerOptions());
        foreach (var id in (string[])["a", "b", "gone", "c"]) await _engine.StartAsync(new StartRequest(id, "few"), Deadline);
        await _engine.StartAsync(new StartRequest("other", "many"), Deadline);
        await _engine.FlushAsync();

        Assert.True(_engine.Take(worker, _turns, _activities, 16));
        Assert.Equal(["a", "other"], _turns.Select(turn => turn.InstanceId));
        await _engine.CompleteTurnAsync(new TurnResponse("a", []), Deadline);
        _turns.Clear();
        Assert.True(await worker.TakeAsync(_turns, _activities, 16, Deadline));
        Assert.Equal("b", Assert.Single(_turns).InstanceId);
        await _engine.PurgeAsync("gone", recursive: false, force: true, Deadline);
        await _engine.PurgeAsync("b", recursive: false, force: true, Deadline);
        _turns.Clear();
        Assert.True(await worker.TakeAsync(_turns, _activities, 16, Deadline));
        Assert.Equal("c", Assert.Single(_turns).InstanceId);
    }

    [Fact]
    public async Task An_activity_of_a_limited_name_waits_for_its_like_also_when_their_worker_leaves()
    {
        await BeginAsync(new EngineOptions("shop") { MaxOpenActivitiesOf = new Dictionary<string, int> { ["few"] = 1 } });
        var leaving = _engine.Connect(new WorkerOptions());
        await _engine.StartAsync(new StartRequest("a", "any"), Deadline);
        await _engine.FlushAsync();
        _engine.Take(leaving, _turns, _activities, 16);
        await leaving.CompleteAsync(
            new TurnResponse("a", [new ScheduleTask(1, "few"), new ScheduleTask(2, "few"), new ScheduleTask(3, "many")]), Deadline);
        await _engine.FlushAsync();

        Assert.True(_engine.Take(leaving, [], _activities, 16));
        Assert.Equal([1, 3], _activities.Select(item => item.Task.EventId));
        leaving.Dispose();
        using var staying = _engine.Connect(new WorkerOptions());
        _activities.Clear();
        Assert.True(_engine.Take(staying, [], _activities, 16));
        var only = Assert.Single(_activities, item => item.Task.Name == "few");
        staying.Complete([new ActivityResult("a", only.Task.EventId, null, null)]);
        _activities.Clear();
        Assert.True(_engine.Take(staying, [], _activities, 16));
        Assert.Equal("few", Assert.Single(_activities).Task.Name);
    }

    [Fact]
    public async Task Work_of_one_of_two_workers_that_leaves_goes_to_the_other()
    {
        await BeginAsync(new EngineOptions("shop"));
        var leaving = _engine.Connect(new WorkerOptions { KeepsInstances = true });
        for (var i = 0; i < 10; i++) await _engine.StartAsync(new StartRequest($"i{i}", "two") { Input = "x" }, Deadline);
        await _engine.FlushAsync();
        Assert.True(_engine.Take(leaving, _turns, _activities, 16));
        foreach (var turn in _turns.Take(5))
            await leaving.CompleteAsync(new TurnResponse(turn.InstanceId, [new ScheduleTask(1, "step")]) { Token = turn.Token }, Deadline);
        await _engine.FlushAsync();
        _engine.Take(leaving, _turns, _activities, 3);

        await using var staying = new ScriptedWorker(_engine, keepsInstances: true, script: static worker =>
            worker.Workflows["two"] = static history => history.OfType<TaskCompleted>().Any()
                ? [new CompleteWorkflow(2, RuntimeStatus.Completed)]
                : history.OfType<TaskScheduled>().Any() ? [] : [new ScheduleTask(1, "step")]);
        leaving.Dispose();

        for (var i = 0; i < 10; i++) await _engine.WaitForCompletionAsync($"i{i}", Deadline);
    }

    private async Task BeginAsync(EngineOptions options)
    {
        _engine = new WorkflowEngine(options, new InMemoryWorkflowStore(), TimeProvider.System);
        await _engine.StartAsync(Deadline);
    }
}
