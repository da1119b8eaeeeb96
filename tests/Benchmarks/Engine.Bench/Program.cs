using System.Diagnostics;
using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Storage;
using LocalDapr.Engine.Turns;

// The engine alone, in one process: workflows of five activities one after the other, on a worker that keeps its instances, nothing but
// the engine
// in between. Arguments: workflows (20000), at a time (200). Prints turns and workflows a second.
var count = args.Length > 0 ? int.Parse(args[0]) : 20_000;
var atOnce = args.Length > 1 ? int.Parse(args[1]) : 200;

await using var engine = new WorkflowEngine(new EngineOptions("bench"), new InMemoryWorkflowStore(), TimeProvider.System);
await engine.StartAsync(CancellationToken.None);
using var worker = engine.Connect(new WorkerOptions { KeepsInstances = true });
var turns = 0;
var working = Task.Run(WorkAsync);

await RunAsync("warm", count / 10);
turns = 0;
var clock = Stopwatch.StartNew();
var cpu = Process.GetCurrentProcess().TotalProcessorTime;
await RunAsync("i", count);
var elapsed = clock.Elapsed.TotalSeconds;
var spent = Process.GetCurrentProcess().TotalProcessorTime - cpu;
Console.WriteLine($"{count} workflows of 5 activities, {atOnce} at a time: {turns / elapsed:F0} turns/s, {count / elapsed:F0} workflows/s, "
    + $"{spent.TotalMicroseconds / count:F0} us CPU a workflow, {GC.GetTotalMemory(true) >> 20} MB");
worker.Dispose();
await working;

async Task RunAsync(string prefix, int workflows)
{
    var next = 0;
    await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
    {
        while (Interlocked.Increment(ref next) is var n && n <= workflows)
        {
            await engine.StartAsync(new StartRequest($"{prefix}{n}", "five") { Input = "{\"order\":1}" }, CancellationToken.None);
            await engine.WaitForCompletionAsync($"{prefix}{n}", CancellationToken.None);
        }
    }));
}

async Task WorkAsync()
{
    var (items, activities) = (new List<TurnItem>(), new List<ActivityItem>());
    var steps = new Dictionary<string, int>();
    while (await worker.TakeAsync(items, activities, 256, CancellationToken.None))
    {
        foreach (var item in items)
        {
            turns++;
            var step = steps.GetValueOrDefault(item.InstanceId) + 1;
            WorkflowAction action;
            if (step <= 5)
            {
                steps[item.InstanceId] = step;
                action = new ScheduleTask(step, "step") { Input = "{\"order\":1,\"step\":1}" };
            }
            else
            {
                steps.Remove(item.InstanceId);
                action = new CompleteWorkflow(step, RuntimeStatus.Completed) { Result = "\"done\"" };
            }
            await worker.CompleteAsync(new TurnResponse(item.InstanceId, [action]) { Token = item.Token }, CancellationToken.None);
        }
        if (activities.Count > 0)
            worker.Complete([.. activities.Select(item => new ActivityResult(item.InstanceId, item.Task.EventId, "{\"ok\":true}", null))]);
        items.Clear();
        activities.Clear();
    }
}
