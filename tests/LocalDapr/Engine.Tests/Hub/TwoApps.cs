using System.Collections.Concurrent;
using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Storage;
using LocalDapr.Engine.Turns;

namespace LocalDapr.Engine.Tests.Hub;

/// <summary>Two apps with an engine each, joined by a link that can be cut.</summary>
public abstract class TwoApps : IAsyncDisposable
{
    private protected readonly InMemoryWorkflowStore _shopStore = new();
    private protected readonly InMemoryWorkflowStore _bankStore = new();
    private protected readonly Wire _wire = new();
    private protected WorkflowEngine _shop = null!;
    private protected WorkflowEngine _bank = null!;
    private protected ScriptedWorker? _atShop;
    private protected ScriptedWorker? _atBank;
    private protected IEnumerable<TurnItem> _turnsBefore = [];
    private protected readonly ConcurrentQueue<string> _waiting = [];
    private protected Func<AppAccess, bool>? _admits;
    private protected RetentionPolicy _bankKeeps = RetentionPolicy.KeepAll;

    private protected static CancellationToken Deadline => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in new[] { _atShop, _atBank })
            if (worker is not null) await worker.DisposeAsync();
        await _shop.DisposeAsync();
        await _bank.DisposeAsync();
    }

    // order in the shop, its child kid in the bank, whose child grandkid is there too.
    private protected async Task FamilyAsync(bool grandchildRuns = false)
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

    private protected static IReadOnlyList<WorkflowAction> Parent(IReadOnlyList<HistoryEvent> history)
    {
        if (history.OfType<ChildCompleted>().FirstOrDefault() is { } done)
            return [new CompleteWorkflow(2, RuntimeStatus.Completed) { Result = done.Result }];
        if (history.OfType<ChildFailed>().FirstOrDefault() is { } failed)
            return [new CompleteWorkflow(2, RuntimeStatus.Failed) { Failure = failed.Failure }];
        return history.OfType<ChildCreated>().Any() ? [] : [new CreateChild(1, "kid", "waiter") { TargetApp = "bank" }];
    }

    // Also a restart: both engines come back from what is stored, their workers with the same code.
    private protected async Task StartAsync()
    {
        var (shopWorker, bankWorker) = (_atShop, _atBank);
        if (shopWorker is not null) await DisposeAsync();
        _turnsBefore = bankWorker?.Turns ?? [];
        var shop = new EngineOptions("shop") { Link = _wire, OnAway = (id, away) => _waiting.Enqueue($"{id} {away.Message}") };
        _shop = _wire["shop"] = new WorkflowEngine(shop, _shopStore, TimeProvider.System);
        _bank = _wire["bank"] = new WorkflowEngine(new EngineOptions("bank") { Link = _wire, Admits = _admits, Retention = _bankKeeps }, _bankStore, TimeProvider.System);
        await _shop.StartAsync(Deadline);
        await _bank.StartAsync(Deadline);
        _atShop = new ScriptedWorker(_shop, like: shopWorker);
        _atBank = new ScriptedWorker(_bank, like: bankWorker);
    }

    private protected static async Task Eventually(Func<Task<bool>> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!await condition()) await timer.WaitForNextTickAsync(Deadline);
    }

    /// <summary>Everything passes through the binary form, as between processes.</summary>
    private protected sealed class Wire : IAppLink
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
