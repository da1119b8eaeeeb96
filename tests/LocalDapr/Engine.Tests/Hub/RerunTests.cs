using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Storage;
using LocalDapr.Engine.Turns;
using Xunit;

namespace LocalDapr.Engine.Tests.Hub;

/// <summary>A finished instance run again from any of its events.</summary>
public sealed class RerunTests : IAsyncDisposable
{
    private readonly WorkflowEngine _engine = new(new EngineOptions("shop"), new InMemoryWorkflowStore(), TimeProvider.System);
    private ScriptedWorker _worker = null!;

    private static CancellationToken Deadline => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public async ValueTask DisposeAsync()
    {
        await _worker.DisposeAsync();
        await _engine.DisposeAsync();
    }

    [Theory]
    [InlineData(1, "one! two three", 3)]
    [InlineData(2, "one two! three", 2)]
    [InlineData(3, "one two three!", 1)]
    public async Task Each_activity_can_be_the_first_to_run_again_with_another_input(int eventId, string output, int activities)
    {
        await BeginAsync();
        string[] inputs = ["one", "two", "three"];
        _worker.Workflows["steps"] = history =>
        {
            var done = history.OfType<TaskCompleted>().Select(task => task.Result).ToArray();
            if (done.Length == inputs.Length) return [Complete(string.Join(' ', done))];
            return history.OfType<TaskScheduled>().Count() > done.Length ? [] : [new ScheduleTask(done.Length + 1, "step") { Input = inputs[done.Length] }];
        };
        await RunAsync("steps");
        var before = _worker.Activities.Count;

        await _engine.RerunAsync(new RerunRequest("a", eventId, "b") { OverwritesInput = true, Input = inputs[eventId - 1] + "!" }, Deadline);

        Assert.Equal(output, (await _engine.WaitForCompletionAsync("b", Deadline)).Completed!.Result);
        Assert.Equal(activities, _worker.Activities.Count - before);
        Assert.Equal("a", (await _engine.HistoryAsync("b", Deadline))!.OfType<TaskScheduled>().Single(task => task.EventId == eventId).RerunOf);
    }

    [Fact]
    public async Task Its_history_has_what_was_asked_for_before_its_result_and_the_timers_behind()
    {
        await BeginAsync();
        var due = Moment.From(DateTimeOffset.UtcNow);
        _worker.Workflows["steps"] = history => history.OfType<TaskCompleted>().Count() switch
        {
            0 => history.OfType<TaskScheduled>().Any() ? [] : [new CreateTimer(1, due), new ScheduleTask(2, "step"), new ScheduleTask(3, "step")],
            2 when history.OfType<TimerFired>().Any() => [new ScheduleTask(4, "step")],
            3 => [Complete("all")],
            _ => [],
        };
        await RunAsync("steps");

        await _engine.RerunAsync(new RerunRequest("a", 4, "b"), Deadline);
        await _engine.WaitForCompletionAsync("b", Deadline);

        var history = (await _engine.HistoryAsync("b", Deadline))!.Where(happened => happened is not WorkflowStarted).ToArray();
        var asked = history.Select((happened, at) => (happened, at)).Where(pair => pair.happened is TaskScheduled { EventId: < 4 }).ToArray();
        Assert.All(asked, pair => Assert.Equal(pair.happened.EventId, Assert.IsType<TaskCompleted>(history[pair.at + 1]).TaskId));
        var timer = Array.FindIndex(history, happened => happened is TimerCreated);
        Assert.Equal(4, Assert.IsType<TaskScheduled>(history[timer + 1]).EventId);
        Assert.Equal(timer + 3, Array.FindIndex(history, happened => happened is ExecutionCompleted));
        Assert.Single(history.OfType<TimerFired>());
    }

    [Fact]
    public async Task What_was_open_at_the_event_happens_again_and_children_have_ids_of_the_new_instance()
    {
        await BeginAsync();
        _worker.Workflows["child"] = history => [Complete("ran")];
        var due = Moment.From(DateTimeOffset.UtcNow);
        _worker.Workflows["parent"] = history => history.OfType<ChildCreated>().Any()
            ? history.OfType<ChildCompleted>().Count() == 2 && history.OfType<TaskCompleted>().Any() && history.OfType<TimerFired>().Any()
                ? [Complete("all")] : []
            : [new CreateChild(1, "mine", "child"), new ScheduleTask(2, "step"), new CreateTimer(3, due), new CreateChild(4, "", "child")];
        await RunAsync("parent");

        await _engine.RerunAsync(new RerunRequest("a", 4, "b") { NewChildId = "own" }, Deadline);

        Assert.Equal("all", (await _engine.WaitForCompletionAsync("b", Deadline)).Completed!.Result);
        Assert.Equal(["b:0001", "own"], (await _engine.HistoryAsync("b", Deadline))!.OfType<ChildCreated>().Select(child => child.InstanceId));
        Assert.Equal(["a", "a:0004", "b", "b:0001", "mine", "own"], await _engine.ListAsync(null, 10, Deadline));
        Assert.Equal(2, _worker.Activities.Count);
    }

    [Fact]
    public async Task A_child_whose_new_id_is_taken_fails_in_the_new_instance()
    {
        await BeginAsync();
        _worker.Workflows["forever"] = static _ => [];
        _worker.Workflows["child"] = static _ => [Complete("ran")];
        _worker.Workflows["parent"] = history => history.OfType<ChildFailed>().FirstOrDefault() is { } failed
            ? [Complete(failed.Failure!.ErrorMessage)]
            : history.OfType<ChildCompleted>().Any() ? [Complete("ran")]
            : history.OfType<ChildCreated>().Any() ? [] : [new CreateChild(1, "", "child")];
        await RunAsync("parent");
        await _engine.StartAsync(new StartRequest("b:0001", "forever"), Deadline);

        await _engine.RerunAsync(new RerunRequest("a", 1, "b"), Deadline);

        Assert.Equal("an active workflow with ID 'b:0001' already exists", (await _engine.WaitForCompletionAsync("b", Deadline)).Completed!.Result);
        Assert.Equal("forever", (await _engine.GetAsync("b:0001", Deadline))!.Started!.Name);
    }

    [Fact]
    public async Task A_wait_for_an_event_waits_again_and_one_that_was_over_before_is_not_repeated()
    {
        await BeginAsync();
        _worker.Workflows["wait"] = history => !history.OfType<EventRaised>().Any()
            ? history.OfType<TimerCreated>().Any() ? [] : [new CreateTimer(0, Moment.Never) { Origin = TimerOrigin.ExternalEvent, OriginDetail = "go" }]
            : history.OfType<TaskCompleted>().Any() ? [Complete(history.OfType<EventRaised>().Single().Input!)]
            : history.OfType<TaskScheduled>().Any() ? [] : [new ScheduleTask(1, "step")];
        await _engine.StartAsync(new StartRequest("a", "wait"), Deadline);
        await _engine.WaitForStartAsync("a", Deadline);
        await _engine.RaiseAsync("a", "GO", "first", Deadline);
        await _engine.WaitForCompletionAsync("a", Deadline);

        await _engine.RerunAsync(new RerunRequest("a", 1, "after"), Deadline);
        Assert.Equal("first", (await _engine.WaitForCompletionAsync("after", Deadline)).Completed!.Result);
        await _engine.RerunAsync(new RerunRequest("a", 0, "before"), Deadline);
        Assert.Equal(RuntimeStatus.Running, (await _engine.GetAsync("before", Deadline))!.Status);
        await _engine.RaiseAsync("before", "go", "second", Deadline);

        Assert.Equal("second", (await _engine.WaitForCompletionAsync("before", Deadline)).Completed!.Result);
    }

    [Theory]
    [InlineData("missing", 1, false, null, WorkflowErrorKind.NotFound, "workflow instance does not exist with ID 'missing'")]
    [InlineData("a", 7, false, null, WorkflowErrorKind.NotFound, "does not have history event with ID '7'")]
    [InlineData("a", 9_999, false, null, WorkflowErrorKind.NotFound,
        "target event '*protos.HistoryEvent_ExecutionCompleted' with ID '9999' is not an event that can be rerun")]
    [InlineData("a", 2, true, null, WorkflowErrorKind.Invalid, "cannot write input to timer event '2'")]
    [InlineData("a", 2, false, "kid", WorkflowErrorKind.Invalid, "cannot set new child workflow instance ID on timer event '2'")]
    [InlineData("a", 1, false, "kid", WorkflowErrorKind.Invalid, "cannot set new child workflow instance ID on activity event '1'")]
    [InlineData("a:0003", 1, false, null, WorkflowErrorKind.Invalid, "'a:0003': cannot rerun from child-workflows")]
    [InlineData("runs", 1, false, null, WorkflowErrorKind.Invalid, "'runs' is not in a terminal state")]
    public async Task What_cannot_be_run_again_is_refused_with_the_words_of_Dapr(
        string id, int eventId, bool overwrites, string? childId, WorkflowErrorKind kind, string message)
    {
        await BeginAsync();
        _worker.Workflows["runs"] = static _ => [];
        _worker.Workflows["child"] = static _ => [Complete("")];
        _worker.Workflows["all"] = history => history.OfType<TaskCompleted>().Any() && history.OfType<ChildCompleted>().Any() ? [Complete("")]
            : history.OfType<TaskScheduled>().Any() ? []
            : [new ScheduleTask(1, "step"), new CreateTimer(2, Moment.Never), new CreateChild(3, "", "child")];
        await RunAsync("all");
        await _engine.StartAsync(new StartRequest("runs", "runs"), Deadline);

        var request = new RerunRequest(id, eventId, "b") { OverwritesInput = overwrites, NewChildId = childId };
        var refused = await Assert.ThrowsAsync<WorkflowException>(() => _engine.RerunAsync(request, Deadline).AsTask());

        Assert.Equal((kind, message), (refused.Kind, refused.Message));
        Assert.Null(await _engine.GetAsync("b", Deadline));
    }

    [Fact]
    public async Task An_id_that_exists_is_not_run_again_under()
    {
        await BeginAsync();
        _worker.Workflows["step"] = history => history.OfType<TaskCompleted>().Any() ? [Complete("")] : [new ScheduleTask(1, "step")];
        await RunAsync("step");
        await _engine.RerunAsync(new RerunRequest("a", 1, "b"), Deadline);
        await _engine.WaitForCompletionAsync("b", Deadline);

        var refused = await Assert.ThrowsAsync<WorkflowException>(() => _engine.RerunAsync(new RerunRequest("a", 1, "b"), Deadline).AsTask());

        Assert.Equal((WorkflowErrorKind.AlreadyExists, "workflow 'b' has already been created"), (refused.Kind, refused.Message));
    }

    private async Task BeginAsync()
    {
        await _engine.StartAsync(Deadline);
        _worker = new ScriptedWorker(_engine);
    }

    private async Task RunAsync(string name)
    {
        await _engine.StartAsync(new StartRequest("a", name), Deadline);
        await _engine.WaitForCompletionAsync("a", Deadline);
    }

    private static CompleteWorkflow Complete(string result) => new(9_999, RuntimeStatus.Completed) { Result = result };
}
