using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Storage;
using LocalDapr.Engine.Turns;
using Xunit;

namespace LocalDapr.Engine.Tests.Faults;

public sealed class FaultTests
{
    /// <summary>
    /// LOCALDAPR_FAULT_PROGRAMS and LOCALDAPR_FAULT_SEED choose how many and which; by default a sample that takes seconds.
    /// </summary>
    [Fact]
    public async Task Random_programs_end_as_they_must_through_crashes_lost_workers_and_doubled_and_reordered_deliveries()
    {
        var programs = int.TryParse(Environment.GetEnvironmentVariable("LOCALDAPR_FAULT_PROGRAMS"), out var count) ? count : 300;
        var first = int.TryParse(Environment.GetEnvironmentVariable("LOCALDAPR_FAULT_SEED"), out var seed) ? seed : 1;
        await Parallel.ForAsync(first, first + programs, async (one, _) =>
        {
            await using var run = new FaultyRun(one);
            var (expected, actual) = await run.RunAsync();
            Assert.True(expected == actual, $"seed {one}: expected {expected}, got {actual}");
        });
    }
}

/// <summary>
/// One program on an engine whose process dies, whose workers go away and whose deliveries are doubled and shuffled, as its seed says.
/// </summary>
internal sealed class FaultyRun : IAsyncDisposable
{
    private const int MaxRounds = 20_000;

    private readonly Random _random;
    private readonly int _seed;
    private readonly FakeTime _time = new();
    private readonly InMemoryWorkflowStore _disk = new();
    private readonly HashSet<(string Instance, string Event)> _raised = [];
    private readonly List<Delivery> _deliveries = [];
    private MortalStore _store = null!;
    private WorkflowEngine _engine = null!;
    private WorkerConnection _worker = null!;

    public FaultyRun(int seed) => (_seed, _random) = (seed, new Random(seed));

    public async Task<(string Expected, string? Actual)> RunAsync()
    {
        var name = RandomProgram.Name(_seed, 0);
        await BootAsync();
        await _engine.StartAsync(new StartRequest("root", name), default);
        for (var round = 0; round < MaxRounds; round++)
        {
            if (await _engine.GetAsync("root", default) is { Completed: { } completed }) return (RandomProgram.Of(name).Evaluate(), completed.Result);
            await StepAsync();
        }
        return (RandomProgram.Of(name).Evaluate(), $"nothing after {MaxRounds} rounds");
    }

    public async ValueTask DisposeAsync()
    {
        _worker.Dispose();
        await _engine.DisposeAsync();
    }

    private async Task StepAsync()
    {
        switch (_random.Next(30))
        {
            case 0: await CrashAsync(); return;
            case 1: Reconnect(); return;
            case 2 or 3: _time.Advance(TimeSpan.FromMinutes(1)); return;
            default: break;
        }
        var (turns, activities) = (new List<TurnItem>(), new List<ActivityItem>());
        if (_engine.Take(_worker, turns, activities, _random.Next(1, 5)))
        {
            foreach (var turn in turns) Answer(turn);
            foreach (var activity in activities) Answer(activity);
        }
        if (_deliveries.Count == 0)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await _engine.FlushAsync();
            return;
        }
        var index = _random.Next(_deliveries.Count);
        var delivery = _deliveries[index];
        // Some are delivered and stay: they come again later.
        if (delivery.IsEvent || _random.Next(6) > 0) _deliveries.RemoveAt(index);
        await delivery.Send();
        if (_random.Next(2) == 0) await _engine.FlushAsync();
    }

    private void Answer(TurnItem turn)
    {
        List<HistoryEvent> history = [.. turn.Past!, .. turn.New];
        var program = RandomProgram.Of(history.OfType<ExecutionStarted>().Single().Name);
        var (actions, awaits) = program.Run(history, Moment.From(_time.GetUtcNow().AddSeconds(_random.Next(90))));
        var response = new TurnResponse(turn.InstanceId, actions) { Token = turn.Token };
        _deliveries.Add(new Delivery(false, () => _engine.CompleteTurnAsync(response, default)));
        if (awaits is not null && _raised.Add((turn.InstanceId, awaits)))
            _deliveries.Add(new Delivery(true, () => _engine.RaiseAsync(turn.InstanceId, awaits, $"e{awaits}", default)));
    }

    private void Answer(ActivityItem activity)
    {
        var (result, failure) = RandomProgram.Act(activity.Task.Input!);
        var answer = new ActivityResult(activity.InstanceId, activity.Task.EventId, result, failure) { Token = activity.ExecutionId };
        var durable = _random.Next(2) == 0;
        _deliveries.Add(new Delivery(false, () =>
        {
            if (durable) return _engine.CompleteActivityAsync(answer, default);
            _worker.Complete([answer]);
            return ValueTask.CompletedTask;
        }));
    }

    private void Reconnect()
    {
        _worker.Dispose();
        _worker = _engine.Connect(new WorkerOptions());
    }

    // An event is raised until its sender has the acknowledgement, so it survives; answers of workers die with the process, now and then.
    private async Task CrashAsync()
    {
        _store.Kill();
        _worker.Dispose();
        await _engine.DisposeAsync();
        if (_random.Next(2) == 0) _deliveries.RemoveAll(delivery => !delivery.IsEvent && _random.Next(3) == 0);
        await BootAsync();
    }

    private async Task BootAsync()
    {
        _store = new MortalStore(_disk);
        var options = new EngineOptions("app") { FinishedInMemory = 2, IdleInMemory = 2, ArrivalPatience = TimeSpan.Zero };
        _engine = new WorkflowEngine(options, _store, _time);
        await _engine.StartAsync(default);
        _worker = _engine.Connect(new WorkerOptions());
    }

    private sealed record Delivery(bool IsEvent, Func<ValueTask> Send);

    /// <summary>A store that dies with its process: what is written afterwards is lost.</summary>
    private sealed class MortalStore(IWorkflowStore disk) : StoreOver(disk)
    {
        private volatile bool _dead;

        public void Kill() => _dead = true;

        public override ValueTask AppendAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancellation) =>
            _dead ? ValueTask.FromException(new OperationCanceledException()) : base.AppendAsync(writes, cancellation);
    }
}
