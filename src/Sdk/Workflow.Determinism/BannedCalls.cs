using System.Collections.Generic;

namespace Dapr.Workflow.Determinism;

/// <summary>
/// What code of a workflow may not use, by type and member ("*" for every member, ".ctor" for making one), and what to use instead. A workflow is run
/// again over its history: whatever comes from outside it, or goes on outside its scheduler, makes the second run differ from the first or hang.
/// </summary>
internal static class BannedCalls
{
    private const string Clock = "take context.CurrentUtcDateTime";
    private const string Ids = "take context.NewGuid()";
    private const string Waiting = "await context.CreateTimer";
    private const string Threads = "its continuation leaves the workflow's scheduler; call an activity";
    private const string Outside = "its result may differ when the workflow is replayed; call an activity";
    private const string Cancelling = "its continuation leaves the workflow's scheduler; call Cancel";

    private static readonly Dictionary<string, string> Why = new()
    {
        ["System.DateTime.Now"] = Clock,
        ["System.DateTime.UtcNow"] = Clock,
        ["System.DateTime.Today"] = Clock,
        ["System.DateTimeOffset.Now"] = Clock,
        ["System.DateTimeOffset.UtcNow"] = Clock,
        ["System.TimeProvider.*"] = Clock,
        ["System.Diagnostics.Stopwatch.*"] = Clock,
        ["System.Environment.TickCount"] = Clock,
        ["System.Environment.TickCount64"] = Clock,
        ["System.Guid.NewGuid"] = Ids,
        ["System.Guid.CreateVersion7"] = Ids,
        ["System.Random.*"] = Outside,
        ["System.Security.Cryptography.RandomNumberGenerator.*"] = Outside,
        ["System.Environment.GetEnvironmentVariable"] = Outside,
        ["System.Environment.GetEnvironmentVariables"] = Outside,
        ["System.Environment.MachineName"] = Outside,
        ["System.Environment.ProcessId"] = Outside,
        ["System.IO.File.*"] = Outside,
        ["System.IO.Directory.*"] = Outside,
        ["System.Net.Http.HttpClient.*"] = Outside,
        ["System.Net.Http.Json.HttpClientJsonExtensions.*"] = Outside,
        ["System.Threading.Tasks.Task.Delay"] = Waiting,
        ["System.Threading.Thread.Sleep"] = Waiting,
        ["System.Threading.Timer.*"] = Waiting,
        ["System.Threading.PeriodicTimer.*"] = Waiting,
        ["System.Threading.CancellationTokenSource.CancelAfter"] = Waiting,
        ["System.Threading.CancellationTokenSource.CancelAsync"] = Cancelling,
        ["System.Threading.Tasks.Task.Run"] = Threads,
        ["System.Threading.Tasks.TaskFactory.StartNew"] = Threads,
        ["System.Threading.Tasks.Task.ContinueWith"] = Threads,
        ["System.Threading.Tasks.Parallel.*"] = Threads,
        ["System.Threading.ThreadPool.*"] = Threads,
        ["System.Threading.Thread.*"] = Threads,
        ["System.Threading.Tasks.Task.Wait"] = "it blocks the workflow's only thread; await the task",
        ["System.Threading.Tasks.Task.WaitAll"] = "it blocks the workflow's only thread; await Task.WhenAll",
        ["System.Threading.Tasks.Task.WaitAny"] = "it blocks the workflow's only thread; await Task.WhenAny",
    };

    /// <summary>Null when the member may be used.</summary>
    public static string? Reason(string type, string member) =>
        Why.TryGetValue($"{type}.{member}", out var reason) || Why.TryGetValue($"{type}.*", out reason) ? reason : null;
}
