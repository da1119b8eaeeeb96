using Dapr.DurableTask.Protobuf;
using Dapr.Workflow;
using Xunit;
using static Sdk.Tests.Workflow.Histories;

namespace Sdk.Tests.Workflow;

public sealed class ReplayFailureTests
{
    private static readonly WorkflowTaskOptions ThreeAttempts = new(new WorkflowRetryPolicy(3, TimeSpan.FromSeconds(10), backoffCoefficient: 2));

    [Fact]
    public void A_failed_activity_reaches_the_workflow_with_its_cause()
    {
        var run = Run(async context =>
        {
            try
            {
                await context.CallActivityAsync("Charge");
                return "charged";
            }
            catch (WorkflowTaskFailedException failure) when (failure.FailureDetails.IsCausedBy<TimeoutException>())
            {
                return failure.FailureDetails.ErrorMessage;
            }
        });

        run.Turn([], [TurnStarted(), Started()]);
        var last = run.Turn([], [TurnStarted(1), Failed(0)]);

        Assert.Equal("\"too slow\"", last.End().Result);
    }

    [Fact]
    public void What_the_workflow_throws_fails_it_for_good()
    {
        var run = Run<string>(_ => throw new InvalidOperationException("out of stock"));

        var end = run.Turn([], [TurnStarted(), Started()]).End();

        Assert.Equal(OrchestrationStatus.Failed, end.WorkflowStatus);
        Assert.Equal(("System.InvalidOperationException", "out of stock", true),
            (end.FailureDetails.ErrorType, end.FailureDetails.ErrorMessage, end.FailureDetails.IsNonRetriable));
    }

    [Fact]
    public void An_activity_failure_that_nobody_catches_is_the_inner_one()
    {
        var run = Run(context => context.CallActivityAsync<string>("Charge"));

        run.Turn([], [TurnStarted(), Started()]);
        var end = run.Turn([], [TurnStarted(1), Failed(0)]).End();

        Assert.Equal("Dapr.Workflow.WorkflowTaskFailedException", end.FailureDetails.ErrorType);
        Assert.Equal("System.TimeoutException", end.FailureDetails.InnerFailure.ErrorType);
    }

    [Fact]
    public void Retries_pause_by_growing_timers_and_end_with_the_last_failure()
    {
        var run = Run(context => context.CallActivityAsync<int>("Charge", null, ThreeAttempts));

        var first = run.Turn([], [TurnStarted(), Started()]).Actions.Single();
        var pause = run.Turn([], [TurnStarted(), Failed(0)]).Actions.Single();
        var second = run.Turn([], [TurnStarted(1), Fired(1)]).Actions.Single();
        var longer = run.Turn([], [TurnStarted(1), Failed(2)]).Actions.Single();
        run.Turn([], [TurnStarted(2), Fired(3)]);
        var end = run.Turn([], [TurnStarted(2), Failed(4, message: "gone")]).End();

        Assert.Equal(Noon.AddSeconds(10), pause.CreateTimer.FireAt.ToDateTime());
        Assert.Equal(first.ScheduleTask.TaskExecutionId, pause.CreateTimer.ActivityRetry.TaskExecutionId);
        Assert.Equal("Charge", second.ScheduleTask.Name);
        Assert.Equal(Noon.AddSeconds(80), longer.CreateTimer.FireAt.ToDateTime());
        Assert.Contains("gone", end.FailureDetails.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public void A_retry_that_succeeds_is_as_if_nothing_had_failed()
    {
        var run = Run(context => context.CallChildWorkflowAsync<int>("Pack", null, new ChildWorkflowTaskOptions(RetryPolicy: ThreeAttempts.RetryPolicy)));

        run.Turn([], [TurnStarted(), Started()]);
        run.Turn([], [TurnStarted(), ChildFailed(0)]);
        run.Turn([], [TurnStarted(1), Fired(1)]);
        var end = run.Turn([], [TurnStarted(1), ChildCompleted(2, "7")]).End();

        Assert.Equal("7", end.Result);
    }

    [Fact]
    public void No_retry_starts_after_the_time_for_retries()
    {
        var policy = new WorkflowRetryPolicy(5, TimeSpan.FromSeconds(1), retryTimeout: TimeSpan.FromSeconds(30));
        var run = Run(context => context.CallActivityAsync<int>("Charge", null, new WorkflowTaskOptions(policy)));

        run.Turn([], [TurnStarted(), Started()]);
        var end = run.Turn([], [TurnStarted(1), Failed(0)]).End();

        Assert.Equal(OrchestrationStatus.Failed, end.WorkflowStatus);
    }

    [Theory]
    [InlineData(0, 1, 1.0)]
    [InlineData(1, 0, 1.0)]
    [InlineData(1, 1, 0.5)]
    public void A_retry_policy_checks_its_arguments(int attempts, int seconds, double growth) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkflowRetryPolicy(attempts, TimeSpan.FromSeconds(seconds), growth));

    [Fact]
    public void Code_that_differs_from_its_history_fails_naming_the_step()
    {
        var run = Run(async context =>
        {
            await context.CallActivityAsync("Reserve");
            await context.CallActivityAsync("Charge");
            return 0;
        });

        var end = run.Turn(
            [TurnStarted(), Started(), Scheduled(0, "Reserve"), TurnStarted(1), Completed(0, ""), TimerCreated(1)], [TurnStarted(2), Fired(1)]).End();

        Assert.Equal("Dapr.Workflow.NonDeterministicWorkflowException", end.FailureDetails.ErrorType);
        Assert.Equal("Step 1 of workflow 'Test': its history has a timer, its code asks for activity 'Charge'.", end.FailureDetails.ErrorMessage);
    }

    [Fact]
    public void Code_that_asks_for_less_than_its_history_fails_naming_the_step()
    {
        var run = Run(context => context.CallActivityAsync<int>("Reserve"));

        var end = run.Turn(
            [TurnStarted(), Started(), Scheduled(0, "Reserve"), ChildCreated(1, "Pack")], [TurnStarted(1), Completed(0, "1")]).End();

        Assert.Equal("Step 1 of workflow 'Test': its history has child workflow 'Pack', its code asks for nothing there.", end.FailureDetails.ErrorMessage);
    }

    [Fact]
    public void Waiting_for_anything_but_the_context_fails_the_workflow()
    {
        var never = new TaskCompletionSource<int>();
        var run = Run(_ => never.Task);

        var end = run.Turn([], [TurnStarted(), Started()]).End();

        Assert.Contains("is not a task of its context", end.FailureDetails.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_context_refuses_to_be_used_after_the_turn()
    {
        WorkflowContext? leaked = null;
        var run = Run(async context =>
        {
            leaked = context;
            return await context.CallActivityAsync<int>("Charge");
        });
        run.Turn([], [TurnStarted(), Started()]);

        await Assert.ThrowsAsync<NonDeterministicWorkflowException>(() => leaked!.CallActivityAsync("Charge"));
    }

    [Fact]
    public void A_suspended_workflow_decides_nothing_until_it_is_resumed()
    {
        var run = Run(async context => await context.CallActivityAsync<int>("A") + await context.CallActivityAsync<int>("B"));

        run.Turn([], [TurnStarted(), Started()]);
        Assert.Empty(run.Turn([], [TurnStarted(1), Suspended(), Completed(0, "1")]).Actions);
        var resumed = run.Turn([], [TurnStarted(2), Resumed()]);

        Assert.Equal("B", resumed.Actions.Single().ScheduleTask.Name);
    }

    [Fact]
    public void A_terminated_workflow_ends_with_the_given_output_whatever_it_waits_for()
    {
        var run = Run(context => context.CallActivityAsync<int>("A"));

        run.Turn([], [TurnStarted(), Started()]);
        var end = run.Turn([], [TurnStarted(1), Terminated("\"enough\"")]).End();

        Assert.Equal((OrchestrationStatus.Terminated, "\"enough\""), (end.WorkflowStatus, end.Result));
    }

    [Fact]
    public void A_workflow_nobody_registered_fails_as_not_found()
    {
        var started = Started();
        started.ExecutionStarted.Name = "Elsewhere";

        var end = Run(_ => Task.FromResult(0)).Turn([], [TurnStarted(), started]).End();

        Assert.Equal("WorkflowNotFound", end.FailureDetails.ErrorType);
    }
}
