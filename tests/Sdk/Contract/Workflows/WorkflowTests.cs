using Dapr.Workflow;
using Xunit;

namespace Sdk.Contract.Workflows;

/// <summary>What workflow code can do, on a real sidecar.</summary>
public sealed class WorkflowTests(WorkflowApp app) : IClassFixture<WorkflowApp>
{
    [Fact]
    public async Task Activities_run_one_after_the_other_and_know_their_call()
    {
        var end = await app.RunAsync("Chain", "x", "chain-1");

        Assert.Equal(WorkflowRuntimeStatus.Completed, end.RuntimeStatus);
        Assert.Equal(["noted x1", "noted x2"], end.ReadOutputAs<string[]>()!);
        var notes = app.Notes.Of("chain-1").Select(note => note.Split(' ')).ToArray();
        Assert.Equal(["Note x1", "Note x2"], notes.Select(note => $"{note[0]} {note[1]}"));
        Assert.Equal(2, notes.Select(note => note[2]).Distinct().Count(key => key.Length > 0));
    }

    [Fact]
    public async Task A_retried_activity_keeps_its_key_and_ends_when_it_succeeds()
    {
        var end = await app.RunAsync("Retry", 2, "retry-1");

        Assert.Equal(3, end.ReadOutputAs<int>());
        Assert.Equal(3, app.Notes.Of("retry-1").Length);
    }

    [Fact]
    public async Task A_policy_that_is_used_up_fails_the_workflow_with_the_last_failure()
    {
        var end = await app.RunAsync("Retry", 9, "retry-2");

        Assert.Equal(WorkflowRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Contains("call 3 fails", end.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(3, app.Notes.Of("retry-2").Length);
    }

    [Fact]
    public async Task A_failure_of_an_activity_can_be_caught_and_told_apart()
    {
        var end = await app.RunAsync("Catch", 0, "catch-1");

        Assert.Equal("System.InvalidOperationException|call 1 fails|True|False", end.ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_workflow_that_throws_fails_with_what_it_threw()
    {
        var end = await app.RunAsync("Fail", 0);

        Assert.Equal((WorkflowRuntimeStatus.Failed, true, false), (end.RuntimeStatus, end.IsWorkflowCompleted, end.IsWorkflowRunning));
        Assert.Equal("System.InvalidOperationException: the workflow fails", $"{end.FailureDetails!.ErrorType}: {end.FailureDetails.ErrorMessage}");
    }

    [Fact]
    public async Task A_timer_takes_its_time_on_the_workflows_clock() => Assert.True((await app.RunAsync("Timer", 150)).ReadOutputAs<bool>());

    [Fact]
    public async Task An_event_that_does_not_come_in_time_cancels_the_wait() =>
        Assert.Equal("too late", (await app.RunAsync("Await", 50)).ReadOutputAs<string>());

    [Theory]
    [InlineData(-1)]
    [InlineData(60_000)]
    public async Task An_event_ends_the_wait_whatever_the_case_of_its_name(int milliseconds)
    {
        var id = await app.Client.ScheduleNewWorkflowAsync("Await", null, milliseconds);
        await app.Client.RaiseEventAsync(id, "gO", "came", TestContext.Current.CancellationToken);

        Assert.Equal("came", (await app.EndAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task One_workflow_sends_another_an_event()
    {
        var id = await app.Client.ScheduleNewWorkflowAsync("Await", null, -1);
        await app.RunAsync("Send", id);

        Assert.Equal("sent", (await app.EndAsync(id)).ReadOutputAs<string>());
    }

    [Theory]
    [InlineData("hello", "parent-hello-child hello")]
    [InlineData("fail", "caught the child fails")]
    public async Task A_child_runs_under_its_own_id_and_its_failure_is_the_parents_to_catch(string input, string expected)
    {
        var end = await app.RunAsync("Parent", input, $"parent-{input}");

        Assert.Contains(expected, end.ReadOutputAs<string>(), StringComparison.Ordinal);
        Assert.True((await app.Client.GetWorkflowStateAsync($"parent-{input}-child", cancellation: TestContext.Current.CancellationToken))!.Exists);
    }

    [Fact]
    public async Task A_workflow_that_continues_as_new_keeps_the_events_it_has_not_taken()
    {
        var id = await app.Client.ScheduleNewWorkflowAsync("Again", null, 1);
        foreach (var item in new[] { "a", "b", "c" }) await app.Client.RaiseEventAsync(id, "item", item, TestContext.Current.CancellationToken);

        Assert.Equal("3c", (await app.EndAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Work_in_parallel_answers_in_the_order_of_the_inputs()
    {
        var end = await app.RunAsync("Parallel", new[] { 1, 2, 3, 4, 5 });

        Assert.Equal([2, 4, 6, 8, 10], end.ReadOutputAs<int[]>()!);
    }

    [Fact]
    public async Task What_replays_logs_once_and_draws_the_same_ids()
    {
        var end = await app.RunAsync("Safe", "safe-category", "safe-1");

        var (first, second) = (end.ReadOutputAs<string[]>()![0], end.ReadOutputAs<string[]>()![1]);
        Assert.NotEqual(first, second);
        Assert.Equal(["True", "False"], end.ReadOutputAs<string[]>()![2..]);
        Assert.Equal(["first", "second"], app.Notes.Of("safe-category"));
    }
}
