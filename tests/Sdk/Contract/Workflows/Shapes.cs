using System.Diagnostics;
using Dapr.Workflow;
using Microsoft.Extensions.Logging;

namespace Sdk.Contract.Workflows;

/// <summary>Workflows, one for each thing that a workflow can do.</summary>
internal static partial class Shapes
{
    public static void Register(WorkflowRuntimeOptions options)
    {
        options.RegisterWorkflow<Chain>();
        options.RegisterWorkflow<int, int>("Retry", (context, failures) => context.CallActivityAsync<int>(
            "FailTimes", failures, new WorkflowTaskOptions(new WorkflowRetryPolicy(3, TimeSpan.FromMilliseconds(20), backoffCoefficient: 2))));
        options.RegisterWorkflow<int, string>("Catch", CatchAsync);
        options.RegisterWorkflow<int, bool>("Timer", TimerAsync);
        options.RegisterWorkflow<int, string>("Await", AwaitAsync);
        options.RegisterWorkflow<string?, string>("Parent", ParentAsync);
        options.RegisterWorkflow<string, string>("Child", (context, input) => input == "fail"
            ? throw new NotSupportedException("the child fails") : Task.FromResult($"{context.InstanceId} {input}"));
        options.RegisterWorkflow<int, string>("Again", AgainAsync);
        options.RegisterWorkflow<string, string>("Status", StatusAsync);
        options.RegisterWorkflow<string, int>("Send", (context, target) =>
        {
            context.SendEvent(target, "go", "sent");
            return Task.FromResult(1);
        });
        options.RegisterWorkflow<int[], int[]>("Parallel", (context, numbers) =>
            context.ProcessInParallelAsync(numbers, number => context.CallActivityAsync<int>("Double", number), maxConcurrency: 2));
        options.RegisterWorkflow<string, string[]>("Safe", SafeAsync);
        options.RegisterWorkflow<string, string>("Twice", (_, _) => Task.FromResult("first"));
        options.RegisterWorkflow<string, string>("Twice", (_, _) => Task.FromResult("second"));
        options.RegisterWorkflow<string, string>("CallUnmakeable", (context, input) => context.CallActivityAsync<string>(nameof(UnmakeableStep), input));
        options.RegisterWorkflow<string, string>("CallTwoWays", (context, input) => context.CallActivityAsync<string>(nameof(TwoWays), input));
        options.RegisterWorkflow<string, string>("Rethrow", RethrowAsync);
        options.RegisterWorkflow<string, string?[]>("Traces", async (context, _) =>
        {
            var before = Activity.Current?.TraceId.ToHexString();
            var within = await context.CallActivityAsync<string?>("Trace");
            return [before, within, Activity.Current?.TraceId.ToHexString()];
        });
        options.RegisterWorkflow<int, int>("Fail", (_, _) => throw new InvalidOperationException("the workflow fails"));
    }

    internal sealed class Chain : Workflow<string, string[]>
    {
        public override async Task<string[]> RunAsync(WorkflowContext context, string input) =>
            [await context.CallActivityAsync<string>("Note", $"{input}1"), await context.CallActivityAsync<string>("Note", $"{input}2")];
    }

    private static async Task<string> CatchAsync(WorkflowContext context, int input)
    {
        try
        {
            await context.CallActivityAsync("FailTimes", 9);
            return "no failure";
        }
        catch (WorkflowTaskFailedException e)
        {
            return $"{e.FailureDetails.ErrorType}|{e.FailureDetails.ErrorMessage}|{e.FailureDetails.IsCausedBy<InvalidOperationException>()}|{e.FailureDetails.IsCausedBy<ArgumentException>()}";
        }
    }

    private static async Task<bool> TimerAsync(WorkflowContext context, int milliseconds)
    {
        var start = context.CurrentUtcDateTime;
        await context.CreateTimer(TimeSpan.FromMilliseconds(milliseconds));
        return context.CurrentUtcDateTime - start >= TimeSpan.FromMilliseconds(milliseconds);
    }

    private static async Task<string> AwaitAsync(WorkflowContext context, int milliseconds)
    {
        try
        {
            return milliseconds < 0
                ? await context.WaitForExternalEventAsync<string>("Go")
                : await context.WaitForExternalEventAsync<string>("Go", TimeSpan.FromMilliseconds(milliseconds));
        }
        catch (TaskCanceledException)
        {
            return "too late";
        }
    }

    private static async Task<string> ParentAsync(WorkflowContext context, string? input)
    {
        try
        {
            return await context.CallChildWorkflowAsync<string>("Child", input, new ChildWorkflowTaskOptions { InstanceId = $"{context.InstanceId}-child" });
        }
        catch (WorkflowTaskFailedException e)
        {
            return $"caught {e.FailureDetails.ErrorMessage}";
        }
    }

    private static async Task<string> RethrowAsync(WorkflowContext context, string input)
    {
        try
        {
            await (input == "Child" ? context.CallChildWorkflowAsync(input, "fail") : context.CallActivityAsync(input, 9));
            return "no failure";
        }
        catch (WorkflowTaskFailedException e)
        {
            return e.Message;
        }
    }

    // Takes one event a round; events that came meanwhile go along into the next.
    private static async Task<string> AgainAsync(WorkflowContext context, int round)
    {
        var value = await context.WaitForExternalEventAsync<string>("item");
        if (round == 3) return $"{round}{value}";
        context.ContinueAsNew(round + 1, preserveUnprocessedEvents: true);
        return "";
    }

    private static async Task<string> StatusAsync(WorkflowContext context, string input)
    {
        context.SetCustomStatus(new { Step = input });
        return await context.WaitForExternalEventAsync<string>("go");
    }

    private static async Task<string[]> SafeAsync(WorkflowContext context, string input)
    {
        var log = context.CreateReplaySafeLogger(input);
        Said(log, "first");
        var (id, patched) = (context.NewGuid(), context.IsPatched("patch"));
        await context.CallActivityAsync("Note", "a");
        Said(log, "second");
        await context.CallActivityAsync("Note", "b");
        return [$"{id}", $"{context.NewGuid()}", $"{patched}", $"{context.IsReplaying}"];
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{What}")]
    private static partial void Said(ILogger log, string what);
}
