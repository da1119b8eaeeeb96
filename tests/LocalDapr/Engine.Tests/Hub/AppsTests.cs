using System.Collections.Concurrent;
using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Storage;
using LocalDapr.Engine.Turns;
using Xunit;

namespace LocalDapr.Engine.Tests.Hub;

/// <summary>Two apps with an engine each, joined by a link that can be cut.</summary>
public sealed class AppsTests : IAsyncDisposable
{
    private readonly InMemoryWorkflowStore _shopStore = new();
    private readonly InMemoryWorkflowStore _bankStore = new();
    private readonly Wire _wire = new();
    private WorkflowEngine _shop = null!;
    private WorkflowEngine _bank = null!;
    private ScriptedWorker? _atShop;
    private ScriptedWorker? _atBank;
    private IEnumerable<TurnItem> _turnsBefore = [];
    private readonly ConcurrentQueue<string> _waiting = [];
    private Func<AppAccess, bool>? _admits;

    private static CancellationToken Deadline => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in new[] { _atShop, _atBank })
            if (worker is not null) await worker.DisposeAsync();
        await _shop.DisposeAsync();
        await _bank.DisposeAsync();
    }

    [Fact]
    public async Task An_activity_for_another_app_waits_for_it_and_for_the_restarts_of_both()
    {
        await StartAsync();
        _atShop!.Workflows["pay"] = history => history.OfType<TaskCompleted>().FirstOrDefault() is { } paid
            ? [new CompleteWorkflow(2, RuntimeStatus.Completed) { Result = paid.Result }]
            : history.OfType<TaskScheduled>().Any() ? [] : [new ScheduleTask(1, "charge") { Input = "5", TargetApp = "bank" }];
        _atBank!.Activity = static _ => null;
        await _shop.StartAsync(new StartRequest("order", "pay"), Deadline);
        await Eventually(() => Task.FromResult(!_atBank.Activities.IsEmpty));

        await StartAsync();
        _atBank.Activity = static item => new ActivityResult(item.InstanceId, item.Task.EventId, "charged " + item.Task.Input, null);
        var done = await _shop.WaitForCompletionAsync("order", Deadline);

        Assert.Equal("charged 5", done.Completed!.Result);
        Assert.Empty(_atShop.Activities);
        Assert.Null(await _bank.GetAsync("order", Deadline));
    }

    [Fact]
    public async Task A_child_in_another_app_runs_once_though_its_parent_asks_again_after_a_restart()
    {
        await StartAsync();
        _atShop!.Workflows["parent"] = Parent;
        _atBank!.Workflows["waiter"] = history => history.OfType<EventRaised>().Any()
            ? [new CompleteWorkflow(1, RuntimeStatus.Completed) { Result = "child" }]
            : [];
        await _shop.StartAsync(new StartRequest("order", "parent"), Deadline);
        var first = await _bank.WaitForStartAsync("kid", Deadline);

        await StartAsync();
        await _bank.RaiseAsync("kid", "go", null, Deadline);
        var done = await _shop.WaitForCompletionAsync("order", Deadline);

        Assert.Equal("child", done.Completed!.Result);
        Assert.Equal(first.Started!.ExecutionId, (await _bank.GetAsync("kid", Deadline))!.Started!.ExecutionId);
        Assert.Equal("shop", first.Started.Parent!.AppId);
        Assert.Null(await _shop.GetAsync("kid", Deadline));
    }

    [Fact]
    public async Task A_child_whose_id_is_taken_in_the_other_app_fails_there()
    {
        await StartAsync();
        _atShop!.Workflows["parent"] = Parent;
        _atBank!.Workflows["waiter"] = static _ => [];
        await _bank.StartAsync(new StartRequest("kid", "waiter"), Deadline);

        await _shop.StartAsync(new StartRequest("order", "parent"), Deadline);
        var done = await _shop.WaitForCompletionAsync("order", Deadline);

        Assert.Equal("WorkflowInstanceAlreadyExists", done.Completed!.Failure!.ErrorType);
    }

    [Fact]
    public async Task A_recursive_termination_reaches_the_child_even_when_its_app_was_away_and_the_parent_restarted()
    {
        await StartAsync();
        _atShop!.Workflows["parent"] = Parent;
        _atBank!.Workflows["waiter"] = static history => history.OfType<ExecutionTerminated>().Any()
            ? [new CompleteWorkflow(-1, RuntimeStatus.Terminated)]
            : [];
        await _shop.StartAsync(new StartRequest("order", "parent"), Deadline);
        await _bank.WaitForStartAsync("kid", Deadline);
        _wire.IsCut = true;

        await _shop.TerminateAsync("order", null, recursive: true, Deadline);
        await _shop.WaitForCompletionAsync("order", Deadline);
        Assert.Equal(RuntimeStatus.Running, (await _bank.GetAsync("kid", Deadline))!.Status);
        await StartAsync();
        _wire.IsCut = false;
        var ended = await _bank.WaitForCompletionAsync("kid", Deadline);

        Assert.Equal(RuntimeStatus.Terminated, ended.Status);
        await Eventually(async () => (await _shopStore.FinishedAsync(RuntimeStatus.Terminated, DateTimeOffset.MaxValue, 10, Deadline)).Count == 1);
    }

    [Fact]
    public async Task A_recursive_termination_reaches_a_child_that_is_between_two_generations()
    {
        await StartAsync();
        _atShop!.Workflows["parent"] = Parent;
        _atBank!.Workflows["waiter"] = static history => history.OfType<ExecutionTerminated>().Any()
            ? [new CompleteWorkflow(-1, RuntimeStatus.Terminated)]
            : history.OfType<ExecutionStarted>().Single().Input == "again" ? null : [new CompleteWorkflow(1, RuntimeStatus.ContinuedAsNew) { Result = "again" }];
        await _shop.StartAsync(new StartRequest("order", "parent"), Deadline);
        await Eventually(() => Task.FromResult(_atBank.Turns.Count == 2));

        await _shop.TerminateAsync("order", null, recursive: true, Deadline);
        await Eventually(async () => (await _shopStore.FinishedAsync(RuntimeStatus.Terminated, DateTimeOffset.MaxValue, 10, Deadline)).Count == 1);
        await _atBank.DisposeAsync();
        _atBank = new ScriptedWorker(_bank, like: _atBank);

        Assert.Equal(RuntimeStatus.Terminated, (await _bank.WaitForCompletionAsync("kid", Deadline)).Status);
    }

    [Fact]
    public async Task A_child_whose_start_was_recalled_does_not_begin()
    {
        await StartAsync();
        var start = new ExecutionStarted("waiter", "kid", "execution") { Parent = new ParentInstance(1, "parent", "order", "parent's") { AppId = "shop" } };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _bank.AnswerAsync(new AppQuestion("shop", "order", "parent's", start), new CancellationToken(canceled: true)));

        Assert.Null(await _bank.GetAsync("kid", Deadline));
    }

    [Fact]
    public async Task The_start_of_a_child_is_recalled_before_the_word_that_ends_it_is_sent()
    {
        await StartAsync();
        _atShop!.Workflows["parent"] = Parent;
        _atBank!.Workflows["waiter"] = static _ => [];
        var ending = new TaskCompletionSource();
        var wasEnding = new TaskCompletionSource<bool>();
        _wire.Passes = (question, cancellation) =>
        {
            if (question.Event is ExecutionTerminated) ending.TrySetResult();
            // The recall takes its time: long enough to be overtaken.
            else if (question.Event is ExecutionStarted) cancellation.Register(() => wasEnding.SetResult(ending.Task.Wait(TimeSpan.FromMilliseconds(200))));
        };
        await _shop.StartAsync(new StartRequest("order", "parent"), Deadline);
        await _bank.WaitForStartAsync("kid", Deadline);

        await _shop.TerminateAsync("order", null, recursive: true, Deadline);

        Assert.False(await wasEnding.Task.WaitAsync(Deadline));
        await ending.Task.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_recursive_purge_reaches_families_in_other_apps_and_counts_them()
    {
        await FamilyAsync();

        Assert.Equal(3, await _shop.PurgeAsync("order", recursive: true, force: false, Deadline));

        Assert.Empty(await _shop.ListAsync(null, 10, Deadline));
        Assert.Empty(await _bank.ListAsync(null, 10, Deadline));
    }

    [Fact]
    public async Task A_recursive_purge_goes_on_past_a_child_that_was_purged_before()
    {
        await FamilyAsync();
        await _bank.PurgeAsync("kid", recursive: false, force: false, Deadline);

        Assert.Equal(1, await _shop.PurgeAsync("order", recursive: true, force: false, Deadline));
        Assert.Null(await _shop.GetAsync("order", Deadline));
    }

    [Fact]
    public async Task A_recursive_purge_is_refused_while_a_descendant_in_another_app_runs_unless_it_is_forced()
    {
        await FamilyAsync(grandchildRuns: true);

        var refused = await Assert.ThrowsAsync<WorkflowException>(() => _shop.PurgeAsync("order", recursive: true, force: false, Deadline).AsTask());
        Assert.Equal(WorkflowErrorKind.NotCompleted, refused.Kind);
        Assert.Equal("failed to purge child workflow \"kid\": orchestration has not yet completed", refused.Message);
        Assert.NotNull(await _shop.GetAsync("order", Deadline));
        Assert.Equal(2, (await _bank.ListAsync(null, 10, Deadline)).Count);

        Assert.Equal(3, await _shop.PurgeAsync("order", recursive: true, force: true, Deadline));
        Assert.Empty(await _bank.ListAsync(null, 10, Deadline));
    }

    [Fact]
    public async Task A_recursive_purge_says_so_when_the_other_app_is_away_and_removes_nothing()
    {
        await FamilyAsync();
        _wire.IsCut = true;

        var refused = await Assert.ThrowsAsync<WorkflowException>(() => _shop.PurgeAsync("order", recursive: true, force: false, Deadline).AsTask());

        Assert.Equal(WorkflowErrorKind.Unreachable, refused.Kind);
        Assert.NotNull(await _shop.GetAsync("order", Deadline));
    }

    [Fact]
    public async Task An_id_is_free_again_only_when_no_descendant_in_another_app_runs()
    {
        await FamilyAsync(grandchildRuns: true);

        var refused = await Assert.ThrowsAsync<WorkflowException>(() => _shop.StartAsync(new StartRequest("order", "parent"), Deadline).AsTask());
        Assert.Equal(
            "cannot recreate workflow with ID 'order': child workflow 'kid': child workflow 'grandkid': orchestration has not yet completed",
            refused.Message);
        await _bank.RaiseAsync("grandkid", "go", null, Deadline);
        await _bank.WaitForCompletionAsync("grandkid", Deadline);

        await _shop.StartAsync(new StartRequest("order", "parent"), Deadline);
    }

    [Fact]
    public async Task A_rerun_starts_its_children_in_the_other_app_anew_and_can_end_them()
    {
        await FamilyAsync();
        await _shop.RerunAsync(new RerunRequest("order", 1, "again"), Deadline);
        Assert.Equal("child", (await _shop.WaitForCompletionAsync("again", Deadline)).Completed!.Result);
        Assert.Equal("again", (await _bank.GetAsync("again:0001", Deadline))!.Started!.Parent!.InstanceId);

        _atBank!.Workflows["waiter"] = static _ => [];
        await _shop.RerunAsync(new RerunRequest("order", 1, "third"), Deadline);
        await _bank.WaitForStartAsync("third:0001", Deadline);
        await _shop.TerminateAsync("third", null, recursive: true, Deadline);

        Assert.Equal(RuntimeStatus.Terminated, (await _bank.WaitForCompletionAsync("third:0001", Deadline)).Status);
    }

    [Fact]
    public async Task A_workflow_detached_into_another_app_runs_there_though_that_app_was_away_and_its_sender_ended_and_restarted()
    {
        await StartAsync();
        _atShop!.Workflows["sender"] = static _ => [Detached("free"), new CompleteWorkflow(2, RuntimeStatus.Completed)];
        _atBank!.Workflows["free"] = static _ => [new CompleteWorkflow(1, RuntimeStatus.Completed) { Result = "done" }];
        _wire.IsCut = true;

        await _shop.StartAsync(new StartRequest("order", "sender"), Deadline);
        await _shop.WaitForCompletionAsync("order", Deadline);
        Assert.Equal(["order"], await _shop.ListAsync(null, 10, Deadline));
        var created = Assert.Single((await _shop.HistoryAsync("order", Deadline))!.OfType<DetachedCreated>());
        await _shop.PurgeAsync("order", recursive: true, force: false, Deadline);
        await StartAsync();
        await Eventually(() => Task.FromResult(!_waiting.IsEmpty));
        _wire.IsCut = false;
        var end = await _bank.WaitForCompletionAsync("free", Deadline);

        Assert.Equal((1, "free", new EventRouter("shop", "bank")), (created.EventId, created.InstanceId, created.Router));
        Assert.Equal(("in", "done"), (end.Started!.Input, end.Completed!.Result));
        Assert.Equal((null, new EventRouter("", "bank")), (end.Started.Parent, end.Started.Router));
        Assert.Null(await _shop.GetAsync("free", Deadline));
        Assert.Equal("free cut", _waiting.Last());
        await Eventually(async () => (await _shopStore.ListAsync(null, 10, Deadline)).Count == 0);
    }

    [Fact]
    public async Task A_detached_workflow_runs_once_though_the_word_that_it_was_taken_in_is_lost()
    {
        await StartAsync();
        _atShop!.Workflows["sender"] = static _ => [Detached("free"), new CompleteWorkflow(2, RuntimeStatus.Completed)];
        _atBank!.Workflows["free"] = static _ => [new CompleteWorkflow(1, RuntimeStatus.Completed)];
        _wire.LosesAnswers = true;

        await _shop.StartAsync(new StartRequest("order", "sender"), Deadline);
        var first = await _bank.WaitForCompletionAsync("free", Deadline);
        await StartAsync();
        _wire.LosesAnswers = false;
        await Eventually(async () => (await _shopStore.ListAsync(null, 10, Deadline)).Count == 1);

        Assert.Equal(first.Started!.ExecutionId, (await _bank.GetAsync("free", Deadline))!.Started!.ExecutionId);
        Assert.Single(_atBank.Turns.Concat(_turnsBefore), turn => turn.InstanceId == "free");
    }

    [Fact]
    public async Task An_id_that_is_taken_in_the_other_app_is_no_concern_of_who_detaches_a_workflow_into_it()
    {
        await StartAsync();
        _atShop!.Workflows["sender"] = static _ => [Detached("free"), new CompleteWorkflow(2, RuntimeStatus.Completed)];
        _atBank!.Workflows["occupant"] = static _ => [];
        await _bank.StartAsync(new StartRequest("free", "occupant"), Deadline);

        await _shop.StartAsync(new StartRequest("order", "sender"), Deadline);
        await _shop.WaitForCompletionAsync("order", Deadline);
        await Eventually(async () => (await _shopStore.ListAsync(null, 10, Deadline)).Count == 1);

        Assert.Equal("occupant", (await _bank.WaitForStartAsync("free", Deadline)).Started!.Name);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_instances_of_one_id_in_two_apps_have_the_same_task_done_in_one_of_them(bool guestFirst)
    {
        await StartAsync();
        Func<IReadOnlyList<HistoryEvent>, IReadOnlyList<WorkflowAction>?> CallsBank(string input) =>
            history => history.OfType<TaskCompleted>().FirstOrDefault() is { } done
                ? [new CompleteWorkflow(2, RuntimeStatus.Completed) { Result = done.Result }]
                : history.OfType<TaskScheduled>().Any() ? [] : [new ScheduleTask(1, "charge") { Input = input, TargetApp = "bank" }];
        _atShop!.Workflows["pay"] = CallsBank("shop's");
        _atBank!.Workflows["pay"] = CallsBank("bank's");
        _atBank.Activity = static _ => null;
        var (first, second) = guestFirst ? (_shop, _bank) : (_bank, _shop);
        await first.StartAsync(new StartRequest("order", "pay"), Deadline);
        await Eventually(() => Task.FromResult(_atBank.Activities.Count == 1));
        await second.StartAsync(new StartRequest("order", "pay"), Deadline);
        await second.WaitForStartAsync("order", Deadline);

        // As stock SDKs answer: by instance and task.
        for (var i = 1; i <= 2; i++)
        {
            await Eventually(() => Task.FromResult(_atBank.Activities.Count == i));
            await _bank.CompleteActivityAsync(new ActivityResult("order", 1, _atBank.Activities.Last().Task.Input, null), Deadline);
        }

        Assert.Equal("shop's", (await _shop.WaitForCompletionAsync("order", Deadline)).Completed!.Result);
        Assert.Equal("bank's", (await _bank.WaitForCompletionAsync("order", Deadline)).Completed!.Result);
    }

    [Fact]
    public async Task Purging_an_instance_leaves_the_activity_that_another_app_has_under_the_same_id()
    {
        await StartAsync();
        _atShop!.Workflows["pay"] = history => history.OfType<TaskCompleted>().FirstOrDefault() is { } done
            ? [new CompleteWorkflow(2, RuntimeStatus.Completed) { Result = done.Result }]
            : history.OfType<TaskScheduled>().Any() ? [] : [new ScheduleTask(1, "charge") { TargetApp = "bank" }];
        _atBank!.Workflows["own"] = static history => history.OfType<TaskScheduled>().Any() ? [] : [new ScheduleTask(1, "slow")];
        _atBank.Activity = static _ => null;
        await _shop.StartAsync(new StartRequest("order", "pay"), Deadline);
        await Eventually(() => Task.FromResult(_atBank.Activities.Count == 1));
        await _bank.StartAsync(new StartRequest("order", "own"), Deadline);
        await _bank.WaitForStartAsync("order", Deadline);

        await _bank.PurgeAsync("order", recursive: false, force: true, Deadline);
        await _bank.CompleteActivityAsync(new ActivityResult("order", 1, "charged", null), Deadline);

        Assert.Equal("charged", (await _shop.WaitForCompletionAsync("order", Deadline)).Completed!.Result);
    }

    [Fact]
    public async Task What_the_other_app_does_not_admit_is_refused_by_name_and_operation()
    {
        var asked = new ConcurrentQueue<string>();
        _admits = access =>
        {
            asked.Enqueue($"{access.CallerApp} {access.Operation} {access.Name}");
            return access is { Operation: AppOperation.ScheduleWorkflow, Name: "waiter" };
        };
        await FamilyAsync();
        _atShop!.Workflows["sender"] = static _ => [Detached("free"), new CompleteWorkflow(2, RuntimeStatus.Completed)];

        var purge = await Assert.ThrowsAsync<WorkflowException>(() => _shop.PurgeAsync("order", recursive: true, force: true, Deadline).AsTask());
        var reuse = await Assert.ThrowsAsync<WorkflowException>(() => _shop.StartAsync(new StartRequest("order", "parent"), Deadline).AsTask());
        await _shop.StartAsync(new StartRequest("fire", "sender"), Deadline);
        await Eventually(async () => (await _shopStore.ListAsync(null, 10, Deadline)).Count == 2 && asked.Count == 4);

        Assert.Equal((WorkflowErrorKind.Denied, "failed to purge child workflow \"kid\": access denied by workflow access policy"), (purge.Kind, purge.Message));
        Assert.Equal("cannot recreate workflow with ID 'order': child workflow 'kid': access denied by workflow access policy", reuse.Message);
        Assert.Equal(["shop ScheduleWorkflow waiter", "shop Purge waiter", "shop Get waiter", "shop ScheduleWorkflow free"], asked);
        Assert.NotNull(await _bank.GetAsync("kid", Deadline));
        Assert.Null(await _bank.GetAsync("free", Deadline));
    }

    // order in the shop, its child kid in the bank, whose child grandkid is there too.
    private async Task FamilyAsync(bool grandchildRuns = false)
    {
        await StartAsync();
        _atShop!.Workflows["parent"] = Parent;
        _atBank!.Workflows["waiter"] = static history => history.OfType<ExecutionStarted>().Single().InstanceId == "kid"
            ? [new CreateChild(1, "grandkid", "grandchild"), new CompleteWorkflow(2, RuntimeStatus.Completed) { Result = "child" }]
            : [new CompleteWorkflow(2, RuntimeStatus.Completed) { Result = "child" }];
        _atBank.Workflows["grandchild"] = history => grandchildRuns && !history.OfType<EventRaised>().Any()
            ? [] : [new CompleteWorkflow(1, RuntimeStatus.Completed)];
        await _shop.StartAsync(new StartRequest("order", "parent"), Deadline);
        await _shop.WaitForCompletionAsync("order", Deadline);
        if (grandchildRuns) await _bank.WaitForStartAsync("grandkid", Deadline);
        else await _bank.WaitForCompletionAsync("grandkid", Deadline);
    }

    private static CreateDetached Detached(string id) => new(1, id, "free") { Input = "in", TargetApp = "bank" };

    private static IReadOnlyList<WorkflowAction> Parent(IReadOnlyList<HistoryEvent> history)
    {
        if (history.OfType<ChildCompleted>().FirstOrDefault() is { } done)
            return [new CompleteWorkflow(2, RuntimeStatus.Completed) { Result = done.Result }];
        if (history.OfType<ChildFailed>().FirstOrDefault() is { } failed)
            return [new CompleteWorkflow(2, RuntimeStatus.Failed) { Failure = failed.Failure }];
        return history.OfType<ChildCreated>().Any() ? [] : [new CreateChild(1, "kid", "waiter") { TargetApp = "bank" }];
    }

    // Also a restart: both engines come back from what is stored, their workers with the same code.
    private async Task StartAsync()
    {
        var (shopWorker, bankWorker) = (_atShop, _atBank);
        if (shopWorker is not null) await DisposeAsync();
        _turnsBefore = bankWorker?.Turns ?? [];
        var shop = new EngineOptions("shop") { Link = _wire, OnAway = (id, away) => _waiting.Enqueue($"{id} {away.Message}") };
        _shop = _wire["shop"] = new WorkflowEngine(shop, _shopStore, TimeProvider.System);
        _bank = _wire["bank"] = new WorkflowEngine(new EngineOptions("bank") { Link = _wire, Admits = _admits }, _bankStore, TimeProvider.System);
        await _shop.StartAsync(Deadline);
        await _bank.StartAsync(Deadline);
        _atShop = new ScriptedWorker(_shop, like: shopWorker);
        _atBank = new ScriptedWorker(_bank, like: bankWorker);
    }

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!await condition()) await timer.WaitForNextTickAsync(Deadline);
    }

    /// <summary>Everything passes through the binary form, as between processes.</summary>
    private sealed class Wire : IAppLink
    {
        private readonly Dictionary<string, WorkflowEngine> _engines = [];

        public bool IsCut { get; set; }

        public bool LosesAnswers { get; set; }

        public Action<AppQuestion, CancellationToken>? Passes { get; set; }

        public WorkflowEngine this[string app]
        {
            set => _engines[app] = value;
        }

        public async Task<HistoryEvent> AskAsync(string appId, AppQuestion question, CancellationToken cancellation)
        {
            if (IsCut) throw new IOException("cut");
            Passes?.Invoke(question, cancellation);
            var answer = await _engines[appId].AnswerAsync(AppQuestion.Decode(question.Encode()), cancellation);
            return LosesAnswers ? throw new IOException("lost") : AppAnswer.Decode(AppAnswer.Encode(answer));
        }
    }
}
