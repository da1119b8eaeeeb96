using System.Collections.Concurrent;
using System.Diagnostics;
using Dapr.Workflow;
using Dapr.Workflow.Registration;

namespace DaprOrders.Workflows.Stream;

/// <summary>Starts workflows and waits for the end of each; the last line it prints is its rate.</summary>
internal static class Client
{
    private const string Input = "an order of two hundred bytes or so, as the services would hand it on: 4f6b3c8e7d2a4c1b9e0f5a6d7c8b9a0e, three lines, EUR 129.90";

    public static async Task<int> RunAsync(int count, int atOnce, double rate)
    {
        var client = new DaprWorkflowClientBuilder().Build();
        var latencies = new ConcurrentBag<double>();
        var run = $"s{Environment.ProcessId:x}{Stopwatch.GetTimestamp():x}";
        var clock = Stopwatch.StartNew();

        async Task OneAsync(int i)
        {
            var began = clock.Elapsed;
            var id = await client.ScheduleNewWorkflowAsync(nameof(Five), $"{run}-{i}", Input);
            var end = await client.WaitForWorkflowCompletionAsync(id);
            if (end.RuntimeStatus != WorkflowRuntimeStatus.Completed || end.ReadOutputAs<int>() != 5) throw new InvalidOperationException($"{id} ended as {end.RuntimeStatus}");
            latencies.Add((clock.Elapsed - began).TotalMilliseconds);
        }

        if (rate > 0) await AtRateAsync(count, rate, clock, OneAsync);
        else await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (i, _) => await OneAsync(i));

        var seconds = clock.Elapsed.TotalSeconds;
        var sorted = latencies.Order().ToArray();
        double At(double share) => sorted[(int)Math.Min(sorted.Length - 1, sorted.Length * share)];
        Console.WriteLine($"{count} workflows {(rate > 0 ? $"at {rate:F0}/s" : $"{atOnce} at a time")}: {count / seconds:F0}/s, ms p50 {At(0.5):F1} p99 {At(0.99):F1} max {sorted[^1]:F1}");
        Console.WriteLine($"{count / seconds:F1}");
        return 0;
    }

    /// <summary>Begins them at the rate, however long they take: a slow answer does not slow the next start.</summary>
    private static async Task AtRateAsync(int count, double rate, Stopwatch clock, Func<int, Task> one)
    {
        var all = new List<Task>(count);
        while (all.Count < count)
        {
            for (var due = Math.Min(count, (int)(clock.Elapsed.TotalSeconds * rate)); all.Count < due;) all.Add(one(all.Count));
            await Task.Delay(1);
        }

        await Task.WhenAll(all);
    }
}
