using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Storage;
using LocalDapr.Engine.Turns;
using Xunit;

namespace LocalDapr.Engine.Tests.Hub;

/// <summary>A workflow that detaches another into the app bank, in an app whose process dies with its n-th write.</summary>
public sealed class LetterTests
{
    private readonly InMemoryWorkflowStore _disk = new();

    private static CancellationToken Deadline => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_detached_workflow_runs_once_whichever_write_its_sender_dies_with(bool isWritten)
    {
        var deaths = 0;
        for (var write = 1; await RunAsync(write, isWritten); write++) deaths++;

        // The start, the turn that writes the letter, and its removal.
        Assert.True(deaths >= 3, $"{deaths} deaths");
    }

    [Fact]
    public async Task Ids_that_are_kept_for_letters_are_refused_to_clients_and_workflows()
    {
        var reserved = Letter.NewId("mine");
        await using var shop = new WorkflowEngine(new EngineOptions("shop"), _disk, TimeProvider.System);
        await shop.StartAsync(Deadline);
        await using var worker = new ScriptedWorker(shop);
        worker.Workflows["parent"] = history => history.OfType<ChildFailed>().Any()
            ? [new CompleteWorkflow(3, RuntimeStatus.Completed) { Result = history.OfType<ChildFailed>().Single().Failure!.ErrorMessage }]
            : history.OfType<ChildCreated>().Any() ? [] : [new CreateDetached(1, reserved, "parent"), new CreateChild(2, reserved, "parent")];

        var refused = await Assert.ThrowsAsync<WorkflowException>(() => shop.StartAsync(new StartRequest(reserved, "parent"), Deadline).AsTask());
        await shop.StartAsync(new StartRequest("parent", "parent"), Deadline);
        var end = await shop.WaitForCompletionAsync("parent", Deadline);
        var rerun = await Assert.ThrowsAsync<WorkflowException>(() => shop.RerunAsync(new RerunRequest("parent", 2, reserved), Deadline).AsTask());

        Assert.Equal(WorkflowErrorKind.AlreadyExists, refused.Kind);
        Assert.Equal(Letter.Reserved, refused.Message);
        Assert.Equal(Letter.Reserved, end.Completed!.Result);
        Assert.Equal(Letter.Reserved, rerun.Message);
        Assert.DoesNotContain(reserved, await _disk.ListAsync(null, 10, Deadline));
    }

    // True when the sender died on the way.
    private async Task<bool> RunAsync(int write, bool isWritten)
    {
        var (sender, free) = ($"order{write}", $"free{write}");
        await using var bank = new WorkflowEngine(new EngineOptions("bank"), new InMemoryWorkflowStore(), TimeProvider.System);
        await bank.StartAsync(Deadline);
        await using var atBank = new ScriptedWorker(bank);
        // Two generations: the second has another execution id than the letter that is sent again.
        atBank.Workflows["free"] = static history => history.OfType<ExecutionStarted>().Single().Input == "again"
            ? [new CompleteWorkflow(1, RuntimeStatus.Completed)]
            : [new CompleteWorkflow(1, RuntimeStatus.ContinuedAsNew) { Result = "again" }];
        var store = new MortalStore(_disk, write, isWritten);

        ScriptedWorker before;
        await using (var mortal = await ShopAsync(store, bank))
        {
            await using var worker = before = Worker(mortal, free);
            _ = mortal.StartAsync(new StartRequest(sender, "sender"), Deadline).AsTask();
            await Eventually(async () => store.IsDead || await IsDoneAsync(mortal, sender));
        }
        await using var shop = await ShopAsync(_disk, bank);
        await using var again = new ScriptedWorker(shop, like: before);
        await shop.StartAsync(new StartRequest(sender, "sender") { UnlessExists = true }, Deadline);
        await Eventually(async () => await IsDoneAsync(shop, sender));
        await bank.WaitForCompletionAsync(free, Deadline);

        Assert.Equal([null, "again"], atBank.Turns.Select(turn => turn.New.OfType<ExecutionStarted>().Single().Input));
        return store.IsDead;
    }

    private async Task<bool> IsDoneAsync(WorkflowEngine shop, string sender) =>
        await shop.GetAsync(sender, Deadline) is { Completed: not null } && !(await _disk.ListAsync(null, 1_000, Deadline)).Any(Letter.IsId);

    private static async Task<WorkflowEngine> ShopAsync(IWorkflowStore store, WorkflowEngine bank)
    {
        var shop = new WorkflowEngine(new EngineOptions("shop") { Link = new Link(bank), ArrivalPatience = TimeSpan.Zero }, store, TimeProvider.System);
        await shop.StartAsync(Deadline);
        return shop;
    }

    private static ScriptedWorker Worker(WorkflowEngine shop, string free)
    {
        var worker = new ScriptedWorker(shop);
        worker.Workflows["sender"] = history => history.OfType<TaskCompleted>().Any()
            ? [new CreateDetached(2, free, "free") { TargetApp = "bank" }, new CompleteWorkflow(3, RuntimeStatus.Completed)]
            : history.OfType<TaskScheduled>().Any() ? [] : [new ScheduleTask(1, "think")];
        return worker;
    }

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
        while (!await condition()) await timer.WaitForNextTickAsync(Deadline);
    }

    private sealed class Link(WorkflowEngine bank) : IAppLink
    {
        public Task<HistoryEvent> AskAsync(string appId, AppQuestion question, CancellationToken cancellation) =>
            bank.AnswerAsync(AppQuestion.Decode(question.Encode()), cancellation);
    }

    /// <summary>Dies with its n-th write, which the disk has or has not.</summary>
    private sealed class MortalStore(IWorkflowStore disk, int last, bool isWritten) : StoreOver(disk)
    {
        private int _writes;

        public bool IsDead => Volatile.Read(ref _writes) >= last;

        public override async ValueTask AppendAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancellation)
        {
            if (IsDead) throw new OperationCanceledException();
            if (_writes + 1 < last || isWritten) await base.AppendAsync(writes, cancellation);
            if (Interlocked.Increment(ref _writes) >= last) throw new OperationCanceledException();
        }
    }
}
