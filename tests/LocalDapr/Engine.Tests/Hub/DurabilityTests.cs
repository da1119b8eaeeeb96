using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Storage;
using LocalDapr.Engine.Turns;
using Xunit;

namespace LocalDapr.Engine.Tests.Hub;

/// <summary>Whatever the engine answers is in the store when it answers: a crash right after makes no liar of it.</summary>
public sealed class DurabilityTests : IAsyncDisposable
{
    private readonly HeldStore _store = new();
    private readonly TaskCompletionSource<Exception> _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WorkflowEngine _engine;
    private readonly List<TurnItem> _turns = [];
    private readonly List<ActivityItem> _activities = [];
    private WorkerConnection _worker = null!;

    public DurabilityTests() =>
        _engine = new WorkflowEngine(new EngineOptions("shop") { OnBroken = fault => _broken.TrySetResult(fault) }, _store, TimeProvider.System);

    private static CancellationToken Deadline => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public async ValueTask DisposeAsync()
    {
        _store.Open();
        await _engine.DisposeAsync();
    }

    [Fact]
    public async Task An_event_for_an_instance_that_is_just_ending_is_answered_when_the_end_is_written()
    {
        await RunningAsync();
        _store.Close();
        var ending = _engine.CompleteTurnAsync(new TurnResponse("a", [new CompleteWorkflow(1, RuntimeStatus.Completed)]), Deadline);

        await AnsweredWhenWrittenAsync(_engine.RaiseAsync("a", "late", null, Deadline).AsTask());
        await ending;
    }

    [Fact]
    public async Task A_second_answer_to_a_turn_or_an_activity_is_answered_when_the_first_is_written()
    {
        await RunningAsync();
        _store.Close();
        var first = _engine.CompleteTurnAsync(new TurnResponse("a", [new ScheduleTask(1, "step")]), Deadline).AsTask();
        await AnsweredWhenWrittenAsync(_engine.CompleteTurnAsync(new TurnResponse("a", [new ScheduleTask(1, "step")]), Deadline).AsTask());
        await first;
        _engine.Take(_worker, _turns, _activities, 16);
        _store.Close();

        first = _engine.CompleteActivityAsync(new ActivityResult("a", 1, "r", null), Deadline).AsTask();
        await AnsweredWhenWrittenAsync(_engine.CompleteActivityAsync(new ActivityResult("a", 1, "r", null), Deadline).AsTask());
        await first;
    }

    [Fact]
    public async Task The_answer_to_an_activity_that_its_workflow_ended_without_is_told_when_it_will_not_be_given_out_again()
    {
        await RunningAsync();
        await _engine.CompleteTurnAsync(new TurnResponse("a", [new ScheduleTask(1, "step"), new CompleteWorkflow(2, RuntimeStatus.Completed)]), Deadline);
        _engine.Take(_worker, _turns, _activities, 16);
        Assert.Single(_activities);
        _store.Close();

        await AnsweredWhenWrittenAsync(_engine.CompleteActivityAsync(new ActivityResult("a", 1, "r", null), Deadline).AsTask());

        Assert.Equal(["a"], await _store.ListAsync(null, 10, Deadline));
    }

    [Fact]
    public async Task The_answer_to_another_apps_activity_does_not_wait_for_the_store()
    {
        await RunningAsync();
        var task = new TaskScheduled("step") { EventId = 1, Router = new EventRouter("bank", "shop") };
        var asking = _engine.AnswerAsync(new AppQuestion("bank", "order", "execution", task), Deadline);
        _engine.Take(_worker, _turns, _activities, 16);
        Assert.Single(_activities);
        _store.Close();

        await _engine.CompleteActivityAsync(new ActivityResult("order", 1, "r", null), Deadline);

        Assert.Equal("r", Assert.IsType<TaskCompleted>(await asking).Result);
    }

    [Fact]
    public async Task An_id_is_said_to_be_taken_when_its_start_is_written()
    {
        await _engine.StartAsync(Deadline);
        _store.Close();
        var first = _engine.StartAsync(new StartRequest("a", "any"), Deadline);

        var second = _engine.StartAsync(new StartRequest("a", "any"), Deadline).AsTask();
        var unless = _engine.StartAsync(new StartRequest("a", "any") { UnlessExists = true }, Deadline).AsTask();
        await AnsweredWhenWrittenAsync(unless);
        await Assert.ThrowsAsync<WorkflowException>(() => second);
        await first;
    }

    [Fact]
    public async Task A_history_holds_what_is_written_only()
    {
        await RunningAsync();
        _store.Close();
        var ending = _engine.CompleteTurnAsync(new TurnResponse("a", [new CompleteWorkflow(1, RuntimeStatus.Completed)]), Deadline);

        await AnsweredWhenWrittenAsync(_engine.HistoryAsync("a", Deadline).AsTask());
        await ending;
    }

    [Fact]
    public async Task An_engine_that_lost_its_way_to_the_store_says_so()
    {
        await _engine.StartAsync(Deadline);
        _store.Break();

        _ = _engine.StartAsync(new StartRequest("a", "any"), Deadline).AsTask();

        Assert.IsType<OperationCanceledException>(await _broken.Task.WaitAsync(Deadline));
    }

    [Fact]
    public async Task While_the_store_cannot_be_written_callers_are_refused_after_a_while_and_what_waits_is_done_once_it_can()
    {
        var time = new FakeTime();
        await using var engine = new WorkflowEngine(new EngineOptions("shop"), _store, time);
        await engine.StartAsync(Deadline);
        _store.Fill();
        var waiting = engine.StartAsync(new StartRequest("a", "any"), Deadline).AsTask();
        await TriedAsync(8);

        var refused = await Assert.ThrowsAsync<WorkflowException>(() => engine.StartAsync(new StartRequest("b", "any"), Deadline).AsTask());
        Assert.Equal(WorkflowErrorKind.Unreachable, refused.Kind);
        Assert.Contains("the disk is full", refused.Message, StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<WorkflowException>(() => engine.RaiseAsync("a", "go", null, Deadline).AsTask());
        Assert.Equal(WorkflowErrorKind.Unreachable, refused.Kind);

        _store.Empty();
        await TriedAsync(9);
        await waiting;
        await engine.StartAsync(new StartRequest("c", "any"), Deadline);
        Assert.Equal(["a", "c"], await _store.ListAsync(null, 10, Deadline));

        async Task TriedAsync(int times)
        {
            using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
            for (; _store.Tried < times; time.Advance(TimeSpan.FromSeconds(2))) await again.WaitForNextTickAsync(Deadline);
        }
    }

    [Fact]
    public async Task Who_waits_for_the_end_he_asked_for_hears_of_it_also_where_the_id_is_used_again_at_once()
    {
        await RunningAsync();
        var ending = _engine.TerminateAsync("a", null, recursive: false, Deadline, static now => now.IsTerminal).AsTask();
        Assert.False(ending.IsCompleted);
        // The open turn has to be answered first; from there on only the engine's lock decides who is quicker.
        var again = AgainAsync();
        await _engine.CompleteTurnAsync(new TurnResponse("a", []), Deadline);
        while (!again.IsCompleted)
        {
            _turns.Clear();
            if (!_engine.Take(_worker, _turns, _activities, 16)) await Task.Yield();
            else if (!again.IsCompleted && _turns[0].New.OfType<ExecutionTerminated>().Any())
                await _engine.CompleteTurnAsync(new TurnResponse("a", []), Deadline);
        }

        await ending;
        Assert.Equal(RuntimeStatus.Pending, (await _engine.GetAsync("a", Deadline))!.Status);

        async Task AgainAsync()
        {
            while (true)
            {
                try
                {
                    await _engine.StartAsync(new StartRequest("a", "any"), Deadline);
                    return;
                }
                catch (WorkflowException active) when (active.Kind == WorkflowErrorKind.AlreadyExists)
                {
                    await Task.Yield();
                }
            }
        }
    }

    private async Task RunningAsync()
    {
        await _engine.StartAsync(Deadline);
        _worker = _engine.Connect(new WorkerOptions());
        await _engine.StartAsync(new StartRequest("a", "any"), Deadline);
        Assert.True(await _worker.TakeAsync(_turns, _activities, 16, Deadline));
    }

    private async Task AnsweredWhenWrittenAsync(Task answer)
    {
        await _store.Waiting.WaitAsync(Deadline);
        Assert.False(answer.IsCompleted);
        _store.Open();
        await answer.WaitAsync(Deadline);
    }

    /// <summary>A store whose writes wait while it is closed, and all others pass.</summary>
    private sealed class HeldStore : StoreOver
    {
        private TaskCompletionSource _open = New();
        private TaskCompletionSource _waiting = New();
        private bool _broken;
        private volatile bool _full;
        private volatile int _tried;

        public HeldStore()
            : base(new InMemoryWorkflowStore()) => _open.SetResult();

        /// <summary>Completes when a write waits.</summary>
        public Task Waiting => _waiting.Task;

        public void Close() => (_open, _waiting) = (New(), New());

        public void Open() => _open.TrySetResult();

        public void Break() => _broken = true;

        /// <summary>Writes since the disk is full, and the first one after it.</summary>
        public int Tried => _tried;

        public void Fill() => _full = true;

        public void Empty() => _full = false;

        public override async ValueTask AppendAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancellation)
        {
            if (_full || _tried > 0) Interlocked.Increment(ref _tried);
            if (_full) throw new IOException("the disk is full");
            if (_broken) throw new OperationCanceledException("nobody asked for it");
            if (!_open.Task.IsCompleted) _waiting.TrySetResult();
            await _open.Task;
            await base.AppendAsync(writes, cancellation);
        }

        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
