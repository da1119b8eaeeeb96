using System.Collections.Concurrent;
using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Turns;
using Xunit;

namespace LocalDapr.Engine.Tests.Hub;

/// <summary>What one app has done in another.</summary>
public sealed class AppsTests : TwoApps
{
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
    public async Task The_result_of_an_activity_that_ends_while_the_other_app_is_away_waits_for_it()
    {
        await StartAsync();
        _atBank!.Activity = static _ => null;
        var question = new AppQuestion("shop", "order", "execution", new TaskScheduled("charge") { EventId = 1 });
        using (var away = new CancellationTokenSource())
        {
            var asked = _bank.AnswerAsync(question, away.Token);
            await Eventually(() => Task.FromResult(!_atBank.Activities.IsEmpty));
            await away.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        }
        await _bank.CompleteActivityAsync(new ActivityResult("order", 1, "charged", null), Deadline);

        var answer = await _bank.AnswerAsync(question, Deadline);

        Assert.Equal("charged", Assert.IsType<TaskCompleted>(answer).Result);
        Assert.Single(_atBank.Activities);
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

    private static CreateDetached Detached(string id) => new(1, id, "free") { Input = "in", TargetApp = "bank" };
}
