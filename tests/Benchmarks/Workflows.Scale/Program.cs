using System.Diagnostics;
using System.Globalization;
using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Turns;
using LocalDapr.Workflows.Scale;

// One instance that is large, and very many that only wait. Arguments: a case (history, timers, fan-out, rest; all without one) and its size.
var wanted = args.Length > 0 ? args[0] : "all";
int Size(int usual) => args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : usual;
var folder = Directory.CreateTempSubdirectory("workflow-scale");
try
{
    if (wanted is "all" or "history") await HistoryAsync(Size(50_000));
    if (wanted is "all" or "timers") await TimersAsync(Size(10_000));
    if (wanted is "all" or "fan-out") await FanOutAsync(Size(1_000));
    if (wanted is "all" or "rest") await RestAsync(Size(1_000_000));
}
finally
{
    folder.Delete(recursive: true);
}

string FileOf(string name) => Path.Combine(folder.FullName, name + ".db");

// An activity after the other until the history has so many events: three an activity.
async Task HistoryAsync(int events)
{
    var marks = new List<TimeSpan>();
    var clock = Stopwatch.StartNew();
    var steps = new Dictionary<string, Step>
    {
        ["long"] = (memory, turn) =>
        {
            var done = (int)memory.GetValueOrDefault("done", turn.Past?.OfType<TaskCompleted>().Count() ?? 0) + turn.New.OfType<TaskCompleted>().Count();
            memory["done"] = done;
            if (done % Math.Max(1, events / 30) == 0) marks.Add(clock.Elapsed);
            if (done >= events / 3) return turn.New.OfType<EventRaised>().Any() ? [new CompleteWorkflow(done + 1, RuntimeStatus.Completed)] : [];
            return [new ScheduleTask(done + 1, "step") { Input = "x" }];
        },
    };
    TimeSpan ran;
    await using (var bench = await Bench.OpenAsync(FileOf("history"), steps))
    {
        await bench.Engine.StartAsync(new StartRequest("long", "long"), CancellationToken.None);
        await Until(async () => (await bench.Engine.HistoryAsync("long", CancellationToken.None))!.Count >= events);
        ran = clock.Elapsed;
    }

    clock.Restart();
    await using (var again = await Bench.OpenAsync(FileOf("history"), steps))
    {
        await again.Engine.RaiseAsync("long", "end", null, CancellationToken.None);
        var end = await again.Engine.WaitForCompletionAsync("long", CancellationToken.None);
        var count = (await again.Engine.HistoryAsync("long", CancellationToken.None))!.Count;
        var (first, last) = (marks[1] - marks[0], marks[^2] - marks[^3]);
        Console.WriteLine($"history: {count} events in {ran.TotalSeconds:F1} s, {count / ran.TotalSeconds:F0} events/s (first tenth {first.TotalMilliseconds:F0} ms, "
            + $"last {last.TotalMilliseconds:F0} ms); start anew, an event and the end ({end.Status}): {clock.Elapsed.TotalSeconds:F2} s");
    }
}

async Task TimersAsync(int timers)
{
    var steps = new Dictionary<string, Step>
    {
        ["timers"] = (memory, turn) =>
        {
            var fired = (int)memory.GetValueOrDefault("fired", 0) + turn.New.OfType<TimerFired>().Count();
            memory["fired"] = fired;
            if (fired >= timers) return [new CompleteWorkflow(timers + 1, RuntimeStatus.Completed) { Result = $"{fired}" }];
            if (!memory.TryAdd("keep", true)) return [];
            var due = DateTimeOffset.UtcNow.AddSeconds(2);
            return [.. Enumerable.Range(1, timers).Select(id => new CreateTimer(id, Moment.From(due.AddMilliseconds(id / 10.0))))];
        },
    };
    await using var bench = await Bench.OpenAsync(FileOf("timers"), steps);
    var clock = Stopwatch.StartNew();
    var end = await bench.RunAsync("timers", "timers");
    var lastDue = 2 + (timers / 10_000.0);
    Console.WriteLine($"timers: {timers} of one instance, all fired once ({end.Completed!.Result}) in {clock.Elapsed.TotalSeconds:F2} s; the last was due at {lastDue:F2} s");
}

async Task FanOutAsync(int width)
{
    var steps = new Dictionary<string, Step>
    {
        ["wide"] = (memory, turn) =>
        {
            var done = (int)memory.GetValueOrDefault("done", 0) + turn.New.OfType<TaskCompleted>().Count();
            var fresh = memory.TryAdd("keep", true);
            memory["done"] = done;
            if (done >= width) return [new CompleteWorkflow(width + 1, RuntimeStatus.Completed)];
            return fresh
                ? [.. Enumerable.Range(1, width).Select(id => new ScheduleTask(id, "step") { Input = "x" })]
                : [];
        },
    };
    await using var bench = await Bench.OpenAsync(FileOf("wide"), steps);
    await bench.RunAsync("warm", "wide");
    var clock = Stopwatch.StartNew();
    await bench.RunAsync("wide", "wide");
    Console.WriteLine($"fan-out: {width} activities of one turn, scheduled, run and gathered in {clock.Elapsed.TotalMilliseconds:F0} ms");
}

async Task RestAsync(int instances)
{
    var steps = new Dictionary<string, Step>
    {
        ["wait"] = (_, turn) => turn.New.OfType<EventRaised>().Any() ? [new CompleteWorkflow(1, RuntimeStatus.Completed)] : [],
    };
    var clock = Stopwatch.StartNew();
    long memoryHalf = 0;
    await using (var bench = await Bench.OpenAsync(FileOf("rest"), steps))
    {
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, 1_000).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var n && n <= instances)
            {
                await bench.Engine.StartAsync(new StartRequest($"order-{n:d8}", "wait") { Input = "{\"sku\":\"tea-100g\",\"quantity\":2}" }, CancellationToken.None);
                await bench.Engine.WaitForStartAsync($"order-{n:d8}", CancellationToken.None);
                if (n == instances / 2) memoryHalf = GC.GetTotalMemory(true) >> 20;
            }
        }));
        Console.WriteLine($"rest: {instances} instances started that wait for an event, {instances / clock.Elapsed.TotalSeconds:F0}/s; "
            + $"memory in use after half of them {memoryHalf} MB, after all {GC.GetTotalMemory(true) >> 20} MB");
    }

    var before = GC.GetTotalMemory(true) >> 20;
    clock.Restart();
    await using var again = await Bench.OpenAsync(FileOf("rest"), steps);
    var startup = clock.Elapsed;
    var after = GC.GetTotalMemory(true) >> 20;
    clock.Restart();
    var woken = Math.Min(10_000, instances);
    var random = new Random(1);
    await Parallel.ForEachAsync(
        Enumerable.Range(0, woken).Select(_ => $"order-{random.Next(1, instances + 1):d8}").Distinct().ToList(),
        new ParallelOptions { MaxDegreeOfParallelism = 200 },
        async (id, cancellation) =>
        {
            await again.Engine.RaiseAsync(id, "go", null, cancellation);
            await again.Engine.WaitForCompletionAsync(id, cancellation);
        });
    Console.WriteLine($"rest: start-up with {instances} at rest {startup.TotalSeconds:F2} s, memory {before} -> {after} MB; "
        + $"events to {woken} of them, each loaded and closed: {woken / clock.Elapsed.TotalSeconds:F0}/s, memory then {GC.GetTotalMemory(true) >> 20} MB");
}

static async Task Until(Func<Task<bool>> reached)
{
    using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
    while (!await reached()) await timer.WaitForNextTickAsync();
}
