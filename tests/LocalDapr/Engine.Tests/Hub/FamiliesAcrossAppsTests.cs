using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Turns;
using Xunit;

namespace LocalDapr.Engine.Tests.Hub;

/// <summary>Children in another app: how they end, are purged, and are run again with the families they are of.</summary>
public sealed class FamiliesAcrossAppsTests : TwoApps
{
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_child_that_ended_while_its_parent_was_away_stays_until_the_parent_has_its_end(bool isLeftBehind)
    {
        await StartAsync();
        _atShop!.Workflows["parent"] = isLeftBehind
            ? static _ => [new CreateChild(1, "kid", "waiter") { TargetApp = "bank" }, new CompleteWorkflow(2, RuntimeStatus.Completed)] : Parent;
        _atBank!.Workflows["waiter"] = static _ => [new CompleteWorkflow(1, RuntimeStatus.Completed) { Result = "child" }];
        // The bank does it, but the shop hears nothing.
        _wire.LosesAnswers = true;
        await _shop.StartAsync(new StartRequest("order", "parent"), Deadline);
        await _bank.WaitForCompletionAsync("kid", Deadline);
        _wire.LosesAnswers = false;
        _wire.IsCut = true;

        var away = await Assert.ThrowsAsync<WorkflowException>(() => _bank.PurgeAsync("kid", recursive: false, force: false, Deadline).AsTask());
        var taken = await Assert.ThrowsAsync<WorkflowException>(() => _bank.StartAsync(new StartRequest("kid", "waiter"), Deadline).AsTask());
        _wire.IsCut = false;
        if (isLeftBehind) await Eventually(async () => (await _shopStore.ListAsync(null, 10, Deadline)).Count == 1);
        else Assert.Equal("child", (await _shop.WaitForCompletionAsync("order", Deadline)).Completed!.Result);

        Assert.Equal(1, await _bank.PurgeAsync("kid", recursive: false, force: false, Deadline));
        Assert.Equal((WorkflowErrorKind.Unreachable, WorkflowErrorKind.Unreachable), (away.Kind, taken.Kind));
        Assert.Single(_atBank.Turns);
    }

    [Fact]
    public async Task A_child_that_is_still_waited_for_is_not_purged_unless_by_force()
    {
        await StartAsync();
        _atShop!.Workflows["parent"] = Parent;
        _atBank!.Workflows["waiter"] = static _ => [new CompleteWorkflow(1, RuntimeStatus.Completed)];
        _wire.Passes = (question, _) =>
        {
            // The answer with the end is on its way for as long as the test wants.
            if (question.Verb == AppVerb.Do) throw new IOException("held up");
        };
        await _shop.StartAsync(new StartRequest("order", "parent"), Deadline);
        await _shop.WaitForStartAsync("order", Deadline);
        var child = (await _shop.HistoryAsync("order", Deadline))!.OfType<ChildCreated>().Single();
        var parent = new ParentInstance(child.EventId, "parent", "order", (await _shop.GetAsync("order", Deadline))!.Started!.ExecutionId) { AppId = "shop" };
        await _bank.AnswerAsync(
            new AppQuestion("shop", "order", parent.ExecutionId, new ExecutionStarted("waiter", "kid", "execution") { Parent = parent }), Deadline);

        var refused = await Assert.ThrowsAsync<WorkflowException>(() => _bank.PurgeAsync("kid", recursive: true, force: false, Deadline).AsTask());

        Assert.Equal(WorkflowErrorKind.NotCompleted, refused.Kind);
        Assert.Equal(1, await _bank.PurgeAsync("kid", recursive: true, force: true, Deadline));
    }

    [Fact]
    public async Task Retention_keeps_a_child_until_its_parent_has_its_end_and_then_lets_it_go()
    {
        _bankKeeps = new RetentionPolicy(TimeSpan.Zero, null, null, null);
        await StartAsync();
        _atShop!.Workflows["parent"] = Parent;
        _atBank!.Workflows["waiter"] = static _ => [new CompleteWorkflow(1, RuntimeStatus.Completed) { Result = "child" }];
        _wire.LosesAnswers = true;
        await _shop.StartAsync(new StartRequest("order", "parent"), Deadline);
        await _bank.WaitForCompletionAsync("kid", Deadline);
        await _bank.StartAsync(new StartRequest("other", "waiter"), Deadline);
        await Eventually(async () => await _bank.GetAsync("other", Deadline) is null);

        Assert.NotNull(await _bank.GetAsync("kid", Deadline));
        _wire.LosesAnswers = false;
        Assert.Equal("child", (await _shop.WaitForCompletionAsync("order", Deadline)).Completed!.Result);
        await Eventually(async () => await _bank.GetAsync("kid", Deadline) is null);

        Assert.Equal(2, _atBank.Turns.Count);
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
        Assert.Equal("failed to purge child workflow \"kid\": failed to purge child workflow: orchestration has not yet completed", refused.Message);
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
    public async Task A_child_whose_parent_ended_without_it_is_begun_once_its_app_is_there()
    {
        await StartAsync();
        _wire.IsCut = true;
        _atShop!.Workflows["careless"] = static _ =>
            [new CreateChild(1, "kid", "waiter") { TargetApp = "bank" }, new CompleteWorkflow(2, RuntimeStatus.Completed)];
        _atBank!.Workflows["waiter"] = static _ => [new CompleteWorkflow(1, RuntimeStatus.Completed) { Result = "ran" }];
        await _shop.StartAsync(new StartRequest("order", "careless"), Deadline);
        await _shop.WaitForCompletionAsync("order", Deadline);

        await StartAsync();
        _wire.IsCut = false;

        Assert.Equal("ran", (await _bank.WaitForCompletionAsync("kid", Deadline)).Completed!.Result);
        await Eventually(async () => !(await _shopStore.ListAsync(null, 10, Deadline)).Any(Letter.IsId));
    }

    [Fact]
    public async Task A_parent_whose_id_was_used_before_hears_the_end_of_its_own_child()
    {
        await FamilyAsync();
        _atBank!.Workflows["waiter"] = static _ => [new CompleteWorkflow(2, RuntimeStatus.Completed) { Result = "second" }];

        await _shop.StartAsync(new StartRequest("order", "parent"), Deadline);

        Assert.Equal("second", (await _shop.WaitForCompletionAsync("order", Deadline)).Completed!.Result);
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
}
