using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Storage;
using LocalDapr.Engine.Turns;
using Xunit;

namespace LocalDapr.Engine.Tests.Hub;

/// <summary>What comes too early, too late, twice or at once.</summary>
public sealed class EdgeTests : IAsyncDisposable
{
    private readonly FakeTime _time = new();
    private readonly WorkflowEngine _engine;
    private readonly List<TurnItem> _turns = [];
    private readonly List<ActivityItem> _activities = [];

    public EdgeTests() => _engine = new WorkflowEngine(new EngineOptions("shop"), new InMemoryWorkflowStore(), _time);

    private static CancellationToken Deadline => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public async Task Of_many_starts_of_one_id_at_once_one_is_taken()
    {
        await _engine.StartAsync(Deadline);

        var starts = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(async () =>
        {
            try
            {
                await _engine.StartAsync(new StartRequest("a", "any") { Input = $"{i}" }, Deadline);
                return true;
            }
            catch (WorkflowException taken) when (taken.Kind == WorkflowErrorKind.AlreadyExists)
            {
                return false;
            }
        })));

        Assert.Single(starts, taken => taken);
    }

    [Fact]
    public async Task An_event_for_a_scheduled_instance_starts_it_before_its_time_and_is_there_in_its_first_turn()
    {
        await _engine.StartAsync(Deadline);
        await using var worker = new ScriptedWorker(_engine);
        worker.Workflows["later"] = static history => [Complete(history.OfType<EventRaised>().Single().Input!)];
        await _engine.StartAsync(new StartRequest("a", "later") { ScheduledStart = Moment.From(_time.GetUtcNow().AddHours(1)) }, Deadline);

        await _engine.RaiseAsync("a", "go", "early", Deadline);

        Assert.Equal("early", (await _engine.WaitForCompletionAsync("a", Deadline)).Completed!.Result);
    }

    [Fact]
    public async Task A_timer_of_the_past_fires_at_once_and_one_of_the_farthest_future_does_no_harm()
    {
        await _engine.StartAsync(Deadline);
        await using var worker = new ScriptedWorker(_engine);
        worker.Workflows["timers"] = static history => history.OfType<TimerFired>().FirstOrDefault() is { } fired ? [Complete($"{fired.TimerId}")]
            : history.OfType<TimerCreated>().Any() ? [] : [new CreateTimer(1, Moment.Never), new CreateTimer(2, default)];

        await _engine.StartAsync(new StartRequest("a", "timers"), Deadline);

        Assert.Equal("2", (await _engine.WaitForCompletionAsync("a", Deadline)).Completed!.Result);
    }

    [Fact]
    public async Task A_running_instance_that_is_purged_by_force_is_gone_for_the_workers_too_and_its_id_is_free()
    {
        await _engine.StartAsync(Deadline);
        using var worker = _engine.Connect(new WorkerOptions { MaxOpenTurns = 1, MaxOpenActivities = 1 });
        await _engine.StartAsync(new StartRequest("a", "any"), Deadline);
        await TakeAsync(worker);
        await _engine.CompleteTurnAsync(new TurnResponse("a", [new ScheduleTask(1, "slow")]), Deadline);
        await TakeAsync(worker);
        await _engine.RaiseAsync("a", "go", null, Deadline);
        await TakeAsync(worker);
        Assert.Equal((1, 1), (_turns.Count, _activities.Count));

        await _engine.PurgeAsync("a", recursive: false, force: true, Deadline);
        await _engine.CompleteTurnAsync(new TurnResponse("a", [Complete("ghost")]) { Token = _turns[0].Token }, Deadline);
        await _engine.CompleteActivityAsync(new ActivityResult("a", 1, "ghost", null), Deadline);

        Assert.Null(await _engine.GetAsync("a", Deadline));
        await _engine.StartAsync(new StartRequest("a", "any"), Deadline);
        await _engine.StartAsync(new StartRequest("b", "any"), Deadline);
        _turns.Clear();
        await TakeAsync(worker);
        Assert.Equal("a", Assert.Single(_turns).InstanceId);
        Assert.Empty(_turns[0].Past!);
    }

    [Fact]
    public async Task A_result_for_an_earlier_round_is_told_apart_by_its_token()
    {
        await _engine.StartAsync(Deadline);
        using var worker = _engine.Connect(new WorkerOptions());
        await _engine.StartAsync(new StartRequest("a", "any"), Deadline);
        await TakeAsync(worker);
        await _engine.CompleteTurnAsync(new TurnResponse("a", [new ScheduleTask(1, "slow")]), Deadline);
        await _engine.RaiseAsync("a", "go", null, Deadline);
        await TakeAsync(worker);
        var old = Assert.Single(_activities);
        await _engine.CompleteTurnAsync(new TurnResponse("a", [new CompleteWorkflow(2, RuntimeStatus.ContinuedAsNew)]), Deadline);
        await TakeAsync(worker);
        await _engine.CompleteTurnAsync(new TurnResponse("a", [new ScheduleTask(1, "slow")]), Deadline);
        _activities.Clear();
        await TakeAsync(worker);
        _turns.Clear();

        await _engine.CompleteActivityAsync(new ActivityResult("a", 1, "old", null) { Token = old.ExecutionId }, Deadline);
        await _engine.CompleteActivityAsync(new ActivityResult("a", 1, "new", null) { Token = Assert.Single(_activities).ExecutionId }, Deadline);
        await _engine.CompleteActivityAsync(new ActivityResult("a", 1, "again", null), Deadline);
        await TakeAsync(worker);

        Assert.Equal(["new"], Assert.Single(_turns).New.OfType<TaskCompleted>().Select(task => task.Result));
    }

    [Fact]
    public async Task A_suspended_instance_still_has_its_turns_and_ends_when_it_is_terminated()
    {
        await _engine.StartAsync(Deadline);
        await using var worker = new ScriptedWorker(_engine);
        worker.Workflows["wait"] = static _ => [];
        await _engine.StartAsync(new StartRequest("a", "wait"), Deadline);
        await _engine.SuspendAsync("a", "stop", Deadline);
        await _engine.WaitAsync("a", static now => now.Status == RuntimeStatus.Suspended, Deadline);

        await _engine.RaiseAsync("a", "go", "kept", Deadline);
        await _engine.TerminateAsync("a", "over", recursive: false, Deadline);
        var done = await _engine.WaitForCompletionAsync("a", Deadline);

        Assert.Equal((RuntimeStatus.Terminated, "over"), (done.Status, done.Completed!.Result));
        Assert.Single((await _engine.HistoryAsync("a", Deadline))!.OfType<EventRaised>(), raised => raised.Input == "kept");
    }

    [Fact]
    public async Task A_termination_that_the_code_does_not_honour_ends_it_and_what_it_asked_for_is_told_but_not_done()
    {
        await _engine.StartAsync(Deadline);
        await using var worker = new ScriptedWorker(_engine);
        worker.Workflows["deaf"] = history => history.OfType<ExecutionTerminated>().Any()
            ? [
                new ScheduleTask(1, "work"), new CreateTimer(2, default), new CreateChild(3, "kid", "deaf"), new CreateDetached(4, "free", "deaf"),
                new SendEvent(5, "b", "go", null), new CompleteWorkflow(6, RuntimeStatus.ContinuedAsNew),
            ]
            : [];
        await _engine.StartAsync(new StartRequest("b", "deaf"), Deadline);
        await _engine.StartAsync(new StartRequest("a", "deaf"), Deadline);

        await _engine.TerminateAsync("a", "why", recursive: true, Deadline);
        var end = await _engine.WaitForCompletionAsync("a", Deadline);
        await _engine.FlushAsync();

        Assert.Equal((RuntimeStatus.Terminated, "why"), (end.Status, end.Completed!.Result));
        var told = (await _engine.HistoryAsync("a", Deadline))!.SkipWhile(happened => happened is not ExecutionTerminated).Skip(1);
        Assert.Equal(
            ["1 TaskScheduled", "2 TimerCreated", "3 ChildCreated", "4 DetachedCreated", "5 EventSent", "-1 ExecutionCompleted"],
            told.Select(happened => $"{happened.EventId} {happened.GetType().Name}"));
        Assert.Empty(worker.Activities);
        Assert.Equal(["a", "b"], await _engine.ListAsync(null, 10, Deadline));
        Assert.DoesNotContain((await _engine.HistoryAsync("b", Deadline))!, happened => happened is EventRaised);
    }

    [Fact]
    public async Task Of_two_terminations_the_first_one_counts()
    {
        await _engine.StartAsync(Deadline);
        await _engine.StartAsync(new StartRequest("a", "wait"), Deadline);
        await _engine.TerminateAsync("a", "first", recursive: false, Deadline);
        await _engine.TerminateAsync("a", "second", recursive: true, Deadline);

        await using var worker = new ScriptedWorker(_engine, script: static worker => worker.Workflows["wait"] = static _ => []);

        Assert.Equal("first", (await _engine.WaitForCompletionAsync("a", Deadline)).Completed!.Result);
    }

    private async Task TakeAsync(WorkerConnection worker)
    {
        var (turns, activities) = (new List<TurnItem>(), new List<ActivityItem>());
        await worker.TakeAsync(turns, activities, 16, Deadline);
        if (turns.Count > 0) _turns.Clear();
        _turns.AddRange(turns);
        _activities.AddRange(activities);
    }

    private static CompleteWorkflow Complete(string result) => new(9_999, RuntimeStatus.Completed) { Result = result };
}
