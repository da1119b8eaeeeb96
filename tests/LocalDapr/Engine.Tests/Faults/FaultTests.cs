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
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Random_programs_end_as_they_must_through_crashes_lost_workers_and_doubled_and_reordered_deliveries(bool isSpread) =>
        ManyAsync(isSpread, static run => run.RunAsync());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Random_programs_end_as_they_must_although_they_are_suspended_now_and_then(bool isSpread) =>
        ManyAsync(isSpread, static run => run.RunAsync(suspends: true));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Random_programs_end_as_they_must_when_their_ids_are_used_again(bool isSpread) =>
        ManyAsync(isSpread, static run => run.RunAgainAsync());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task The_family_of_a_random_program_ends_with_it_wherever_it_is_when_it_is_terminated(bool isSpread) =>
        ManyAsync(isSpread, static run => run.TerminateAsync());

    private static async Task ManyAsync(bool isSpread, Func<FaultyRun, Task<(string, string)>> test)
    {
        var programs = int.TryParse(Environment.GetEnvironmentVariable("LOCALDAPR_FAULT_PROGRAMS"), out var count) ? count : 300;
        var first = int.TryParse(Environment.GetEnvironmentVariable("LOCALDAPR_FAULT_SEED"), out var seed) ? seed : 1;
        await Parallel.ForAsync(first, first + programs, async (one, _) =>
        {
            await using var run = new FaultyRun(one, isSpread);
            var (expected, actual) = await test(run);
            Assert.True(expected == actual, $"seed {one}: expected {expected}, got {actual}");
        });
    }
}

/// <summary>
/// One program on engines whose processes die, whose workers go away and whose deliveries are doubled and shuffled, as its seed says. One that
/// is spread has a second app, over a link that loses questions and answers; how its threads meet is no matter of the seed.
/// </summary>
internal sealed class FaultyRun : IAsyncDisposable
{
    private const int MaxRounds = 20_000;
    private const int RoundsAfterwards = 30;

    private readonly Random _random;
    private readonly Wire _wire;
    private readonly FakeTime _time = new();
    private readonly HashSet<(string Instance, string Event)> _raised = [];
    private readonly List<Delivery> _deliveries = [];
    private readonly HashSet<string> _ended = [];
    private readonly List<string> _begunAgain = [];
    private readonly List<string> _awake = [];
    private readonly HashSet<string> _acted = [];
    private readonly List<string> _unawaited;
    private readonly HashSet<(string Id, string App)> _suspended = [];
    private readonly List<(string Id, string App)> _everyone;
    private readonly List<(string Id, string App, string Name)> _watched;
    private readonly App[] _apps;
    private int _idleRounds;
    private bool _suspends;
    private bool _isOver;

    public FaultyRun(int seed, bool isSpread)
    {
        _random = new Random(seed);
        _wire = new Wire(this, new Random(seed));
        _apps = isSpread ? [new App("shop"), new App(RandomProgram.Elsewhere)] : [new App("shop")];
        var root = RandomProgram.Name(isSpread, seed);
        _watched = [("root", "shop", root), .. RandomProgram.Of(root).Detached("root", "shop")];
        _unawaited = [.. RandomProgram.Of(root).Unawaited("root", "shop")];
        _everyone = [.. _watched.Select(one => (one.Id, one.App)), .. RandomProgram.Of(root).Family("root", "shop")];
    }

    public async Task<(string Expected, string Actual)> RunAsync(bool suspends = false)
    {
        _suspends = suspends;
        await BeginAsync();
        return await ToTheEndAsync();
    }

    /// <summary>Purged or not, finished instances give their ids to new ones; what is still on its way to the old ones may not reach those.</summary>
    public async Task<(string Expected, string Actual)> RunAgainAsync()
    {
        await BeginAsync();
        var (expected, actual) = await ToTheEndAsync();
        if (expected != actual) return (expected, actual);
        // A detached one is always purged: else it could not be told when it has ended again.
        foreach (var (id, app, _) in _watched.Skip(_random.Next(2)))
            await AskAsync(async () => await AppOf(app).Engine.PurgeAsync(id, recursive: true, force: false, default));
        _raised.Clear();
        _ended.Clear();
        _acted.Clear();
        await AskAsync(() => _apps[0].Engine.StartAsync(new StartRequest("root", _watched[0].Name), default));
        return await ToTheEndAsync();
    }

    private async Task<(string Expected, string Actual)> ToTheEndAsync()
    {
        var expected = string.Join(' ', _watched.Select(one => RandomProgram.Of(one.Name).Evaluate()));
        var after = 0;
        for (var round = 0; round < MaxRounds; round++)
        {
            if (after > 0 || await HaveEndedAsync()) after++;
            if (after > RoundsAfterwards) break;
            await StepAsync();
        }
        if (after == 0) return (expected, $"nothing after {MaxRounds} rounds: {await WhereAsync()}");
        var again = _begunAgain.Count == 0 ? "" : $"; begun again: {string.Join(' ', _begunAgain)}";
        if (_unawaited.Where(input => !_acted.Contains(input)).ToList() is { Count: > 0 } lost) again += $"; not done: {string.Join(' ', lost)}";
        if (_awake.Count > 0) again += $"; went on though suspended: {string.Join(' ', _awake)}";
        return (expected, string.Join(' ', await Task.WhenAll(_watched.Select(ResultAsync))) + again);
    }

    /// <summary>Once the root has ended no worker brings anything on but terminations, so that whoever was forgotten stays.</summary>
    public async Task<(string Expected, string Actual)> TerminateAsync()
    {
        await BeginAsync();
        for (var round = _random.Next(150); round > 0; round--) await StepAsync();
        _deliveries.Add(new Delivery(_apps[0], true, () => _apps[0].Engine.TerminateAsync("root", null, recursive: true, default)));
        var family = RandomProgram.Of(_watched[0].Name).Family("root", "shop").ToList();
        var running = new List<string>();
        // Nobody may begin behind the end of all either.
        for (var (round, quiet) = (0, 0); round < MaxRounds && quiet <= RoundsAfterwards; round++)
        {
            await StepAsync();
            _isOver = (await GetAsync("root", "shop"))?.Completed is not null;
            running.Clear();
            foreach (var (id, app) in family)
            {
                if (await GetAsync(id, app) is { Started: not null, Completed: null }) running.Add(id);
            }
            quiet = _isOver && running.Count == 0 ? quiet + 1 : 0;
        }
        if (!_isOver) running.Add("root");
        return ("nobody runs", running.Count == 0 ? "nobody runs" : $"{string.Join(' ', running)} after {MaxRounds} rounds");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _apps) await app.DisposeAsync();
    }

    private async Task BeginAsync()
    {
        foreach (var app in _apps) await BootAsync(app);
        await _apps[0].Engine.StartAsync(new StartRequest("root", _watched[0].Name), default);
    }

    private App AppOf(string name) => _apps.Single(app => app.Name == name);

    private Task<InstanceSummary?> GetAsync(string id, string app) => AppOf(app).Engine.GetAsync(id, default).AsTask();

    private async Task<bool> HaveEndedAsync()
    {
        while (_ended.Count < _watched.Count && await ResultAsync(_watched[_ended.Count]) is not null) _ended.Add(_watched[_ended.Count].Id);
        return _ended.Count == _watched.Count && (await LettersAsync()).Count == 0;
    }

    // A question to the other app may be lost; its client hears of it and asks again.
    private async Task AskAsync(Func<ValueTask> operation)
    {
        for (var round = 0; ; round++)
        {
            try
            {
                await operation();
                return;
            }
            catch (WorkflowException away) when (away.Kind == WorkflowErrorKind.Unreachable && round < MaxRounds)
            {
                await StepAsync();
            }
        }
    }

    private async Task<IReadOnlyList<string>> LettersAsync() =>
        [.. (await Task.WhenAll(_apps.Select(app => app.Disk.ListAsync(null, 1_000, default).AsTask()))).SelectMany(ids => ids).Where(Letter.IsId)];

    private async Task<string> WhereAsync()
    {
        var letters = (await LettersAsync()).Select(letter => letter[^36..]);
        var all = await Task.WhenAll(_everyone.Select(async one => $"{one.Id}@{one.App} {(await GetAsync(one.Id, one.App))?.Status}"));
        return string.Join(", ", letters.Concat(all));
    }

    private async Task<string?> ResultAsync((string Id, string App, string Name) one) =>
        (await GetAsync(one.Id, one.App))?.Completed?.Result;

    private async Task StepAsync()
    {
        var app = _apps[_random.Next(_apps.Length)];
        switch (_random.Next(30))
        {
            case 0: await CrashAsync(app); return;
            case 1: app.Reconnect(); return;
            case 2 or 3: _time.Advance(TimeSpan.FromMinutes(1)); return;
            case 4 or 5 when _suspends: await SuspendOrResumeAsync(); return;
            default: break;
        }
        var (turns, activities) = (new List<TurnItem>(), new List<ActivityItem>());
        if (app.Engine.Take(app.Worker, turns, activities, _random.Next(1, 5)))
        {
            foreach (var turn in turns) Answer(app, turn);
            foreach (var activity in activities) Answer(app, activity);
        }
        if (_deliveries.Count == 0)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await app.Engine.FlushAsync();
            // The other app answers on threads of its own.
            if (++_idleRounds % 20 == 0 && _apps.Length > 1) await Task.Delay(1);
            return;
        }
        _idleRounds = 0;
        var index = _random.Next(_deliveries.Count);
        var delivery = _deliveries[index];
        // Some are delivered and stay: they come again later.
        if (delivery.IsEvent || _random.Next(6) > 0) _deliveries.RemoveAt(index);
        try
        {
            await delivery.Send();
        }
        catch (WorkflowException missing) when (missing.Kind == WorkflowErrorKind.NotFound && delivery.IsEvent)
        {
            // A worker may see an instance that the other app asked for before it is durable; after a crash the app asks again.
            _deliveries.Add(delivery);
            await Task.Yield();
        }
        if (_random.Next(2) == 0) await app.Engine.FlushAsync();
    }

    private void Answer(App app, TurnItem turn)
    {
        List<HistoryEvent> history = [.. turn.Past!, .. turn.New];
        var started = history.OfType<ExecutionStarted>().Single();
        if (_ended.Contains(turn.InstanceId)) _begunAgain.Add(turn.InstanceId);
        if (_suspended.Contains((turn.InstanceId, app.Name)) && !RandomProgram.IsSuspended(history)) _awake.Add(turn.InstanceId);
        if (_isOver && !history.OfType<ExecutionTerminated>().Any()) return;
        var (actions, awaits) = RandomProgram.Of(started.Name).Run(history, Moment.From(_time.GetUtcNow().AddSeconds(_random.Next(90))));
        var response = new TurnResponse(turn.InstanceId, actions) { Token = turn.Token };
        _deliveries.Add(new Delivery(app, false, () => app.Engine.CompleteTurnAsync(response, default)));
        if (awaits is not null && _raised.Add((turn.InstanceId, awaits)))
            _deliveries.Add(new Delivery(app, true, () => app.Engine.RaiseAsync(turn.InstanceId, awaits, $"e{awaits}", default)));
    }

    private void Answer(App app, ActivityItem activity)
    {
        var (result, failure) = RandomProgram.Act(activity.Task.Input!);
        var answer = new ActivityResult(activity.InstanceId, activity.Task.EventId, result, failure) { Token = activity.ExecutionId };
        var durable = _random.Next(2) == 0;
        _deliveries.Add(new Delivery(app, false, () =>
        {
            _acted.Add(activity.Task.Input!);
            if (durable) return app.Engine.CompleteActivityAsync(answer, default);
            app.Worker.Complete([answer]);
            return ValueTask.CompletedTask;
        }));
    }

    private async Task SuspendOrResumeAsync()
    {
        var (id, app) = _suspended.Count > 0 && _random.Next(3) > 0
            ? _suspended.ElementAt(_random.Next(_suspended.Count))
            : _everyone[_random.Next(_everyone.Count)];
        if (await GetAsync(id, app) is not { Completed: null }) _suspended.Remove((id, app));
        else if (_suspended.Remove((id, app))) await AppOf(app).Engine.ResumeAsync(id, null, default);
        else if (_suspended.Add((id, app))) await AppOf(app).Engine.SuspendAsync(id, null, default);
    }

    // An event is raised until its sender has the acknowledgement, so it survives; answers of workers die with the process, now and then.
    private async Task CrashAsync(App app)
    {
        await app.EndAsync();
        if (_random.Next(2) == 0) _deliveries.RemoveAll(delivery => delivery.App == app && !delivery.IsEvent && _random.Next(3) == 0);
        await BootAsync(app);
    }

    private Task BootAsync(App app) => app.BootAsync(
        new EngineOptions(app.Name)
        {
            FinishedInMemory = 2,
            IdleInMemory = 2,
            ArrivalPatience = TimeSpan.Zero,
            Link = _apps.Length > 1 ? _wire : null,
        },
        _time);

    private sealed record Delivery(App App, bool IsEvent, Func<ValueTask> Send);

    private sealed class App(string name) : IAsyncDisposable
    {
        private MortalStore _store = null!;
        private CancellationTokenSource _life = new();

        public string Name { get; } = name;

        public InMemoryWorkflowStore Disk { get; } = new();

        public WorkflowEngine Engine { get; private set; } = null!;

        public WorkerConnection Worker { get; private set; } = null!;

        public CancellationToken Life => _life.Token;

        public async Task BootAsync(EngineOptions options, TimeProvider time)
        {
            _store = new MortalStore(Disk);
            var engine = new WorkflowEngine(options, _store, time);
            await engine.StartAsync(default);
            (Engine, _life) = (engine, new CancellationTokenSource());
            Worker = engine.Connect(new WorkerOptions());
        }

        public async Task EndAsync()
        {
            _store.Kill();
            await _life.CancelAsync();
            Worker.Dispose();
            await Engine.DisposeAsync();
            _life.Dispose();
        }

        public async ValueTask DisposeAsync() => await EndAsync();

        public void Reconnect()
        {
            Worker.Dispose();
            Worker = Engine.Connect(new WorkerOptions());
        }
    }

    /// <summary>Loses one in eight questions, and one in eight answers.</summary>
    private sealed class Wire(FaultyRun run, Random random) : IAppLink
    {
        public async Task<HistoryEvent> AskAsync(string appId, AppQuestion question, CancellationToken cancellation)
        {
            MayLose();
            var app = run.AppOf(appId);
            var life = app.Life;
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, life);
            try
            {
                var answer = await app.Engine.AnswerAsync(AppQuestion.Decode(question.Encode()), either.Token);
                life.ThrowIfCancellationRequested();
                MayLose();
                return AppAnswer.Decode(AppAnswer.Encode(answer));
            }
            catch (Exception fault) when (fault is OperationCanceledException or ObjectDisposedException && !cancellation.IsCancellationRequested)
            {
                throw new IOException("The process of the other app has gone.", fault);
            }
        }

        private void MayLose()
        {
            bool loses;
            lock (random) loses = random.Next(8) == 0;
            if (loses) throw new IOException("Lost on the way.");
        }
    }

    /// <summary>A store that dies with its process: what is written afterwards is lost.</summary>
    private sealed class MortalStore(IWorkflowStore disk) : StoreOver(disk)
    {
        private volatile bool _dead;

        public void Kill() => _dead = true;

        public override ValueTask AppendAsync(IReadOnlyList<StoreWrite> writes, CancellationToken cancellation) =>
            _dead ? ValueTask.FromException(new OperationCanceledException()) : base.AppendAsync(writes, cancellation);
    }
}
