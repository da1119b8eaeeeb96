using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Turns;
using LocalDapr.Runtime.Storage;
using LocalDapr.Runtime.Workflows;
using Microsoft.Extensions.Logging.Abstractions;

namespace LocalDapr.Workflows.Scale;

/// <summary>What a workflow does next: what is new to it, and its own memory, which the worker keeps for it.</summary>
internal delegate IReadOnlyList<WorkflowAction> Step(Dictionary<string, object> memory, TurnItem turn);

/// <summary>An engine over a SQLite file, every commit behind an fsync, and a worker in the same process that keeps its instances.</summary>
internal sealed class Bench : IAsyncDisposable
{
    private readonly SqliteDatabase _database;
    private readonly WorkerConnection _worker;
    private readonly Task _working;
    private readonly Dictionary<string, Step> _steps;
    private readonly Dictionary<string, Dictionary<string, object>> _memories = [];

    private Bench(SqliteDatabase database, WorkflowEngine engine, Dictionary<string, Step> steps)
    {
        (_database, Engine, _steps) = (database, engine, steps);
        _worker = engine.Connect(new WorkerOptions { KeepsInstances = true, MaxOpenTurns = 4_000, MaxOpenActivities = 16_000 });
        _working = Task.Run(WorkAsync);
    }

    public WorkflowEngine Engine { get; }

    public static async Task<Bench> OpenAsync(string file, Dictionary<string, Step> steps)
    {
        var database = SqliteDatabase.OpenFile(file, NullLogger.Instance);
        var store = await SqliteWorkflowStore.OpenAsync(database, "scale", CancellationToken.None);
        var engine = new WorkflowEngine(new EngineOptions("scale") { OnFault = Console.Error.WriteLine }, store, TimeProvider.System);
        await engine.StartAsync(CancellationToken.None);
        return new Bench(database, engine, steps);
    }

    public async Task<InstanceSummary> RunAsync(string id, string name)
    {
        await Engine.StartAsync(new StartRequest(id, name), CancellationToken.None);
        return await Engine.WaitForCompletionAsync(id, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        _worker.Dispose();
        await _working;
        await Engine.DisposeAsync();
        await _database.DisposeAsync();
    }

    private async Task WorkAsync()
    {
        var (turns, activities) = (new List<TurnItem>(), new List<ActivityItem>());
        while (await _worker.TakeAsync(turns, activities, 256, CancellationToken.None))
        {
            if (activities.Count > 0) _worker.Complete([.. activities.Select(item => new ActivityResult(item.InstanceId, item.Task.EventId, "r", null))]);
            foreach (var turn in turns) await AnswerAsync(turn);
            turns.Clear();
            activities.Clear();
        }
    }

    private async Task AnswerAsync(TurnItem turn)
    {
        var started = turn.Past?.OfType<ExecutionStarted>().FirstOrDefault() ?? turn.New.OfType<ExecutionStarted>().FirstOrDefault();
        if (started is not null) _memories[turn.InstanceId] = new() { ["name"] = started.Name };
        if (!_memories.TryGetValue(turn.InstanceId, out var memory))
        {
            _worker.Missed(turn.InstanceId);
            return;
        }

        var actions = _steps[(string)memory["name"]](memory, turn);
        // What only waits is forgotten, unless it wants to be kept; it comes back with its history.
        if (actions.Count == 0 ? !memory.ContainsKey("keep") : actions[^1] is CompleteWorkflow) _memories.Remove(turn.InstanceId);
        await _worker.CompleteAsync(new TurnResponse(turn.InstanceId, actions) { Token = turn.Token }, CancellationToken.None);
    }
}
