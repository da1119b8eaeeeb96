using Dapr.DurableTask.Protobuf;
using Dapr.Workflow;
using Xunit;
using static Sdk.Tests.Workflow.Histories;

namespace Sdk.Tests.Workflow;

public sealed class ReplayTests
{
    [Fact]
    public void The_first_turn_asks_for_the_first_activity_with_its_input()
    {
        var run = Run<string, string>((context, input) => context.CallActivityAsync<string>("Charge", new { Amount = input.Length }));

        var response = run.Turn([], [TurnStarted(), Started("\"four\"")]);

        var action = Assert.Single(response.Actions);
        Assert.Equal((0, "Charge", """{"amount":4}"""), (action.Id, action.ScheduleTask.Name, action.ScheduleTask.Input));
        Assert.Matches("^[0-9a-f]{32}$", action.ScheduleTask.TaskExecutionId);
    }

    [Fact]
    public void A_result_moves_the_workflow_to_its_end()
    {
        var run = Run(async context => 1 + await context.CallActivityAsync<int>("Count"));

        var response = run.Turn([TurnStarted(), Started(), Scheduled(0, "Count")], [TurnStarted(1), Completed(0, "41")]);

        Assert.Equal((OrchestrationStatus.Completed, "42"), (response.End().WorkflowStatus, response.End().Result));
        Assert.Equal(1, Assert.Single(response.Actions).Id);
    }

    [Fact]
    public void A_kept_run_and_a_replay_decide_the_same()
    {
        var kept = Run(ThreeSteps);
        var first = kept.Turn([], [TurnStarted(), Started()]);
        var second = kept.Turn([], [TurnStarted(1), Completed(0, "1")]);
        var third = kept.Turn([], [TurnStarted(2), Completed(1, "2")]);

        var replayed = Run(ThreeSteps).Turn(
            [TurnStarted(), Started(), Scheduled(0, "A"), TurnStarted(1), Completed(0, "1"), Scheduled(1, "B")], [TurnStarted(2), Completed(1, "2")]);

        Assert.Equal(["A", "B"], [first.Actions.Single().ScheduleTask.Name, second.Actions.Single().ScheduleTask.Name]);
        Assert.Equal(third, replayed);
        Assert.Equal(9, kept.HistoryLength);
        Assert.Equal("run-1", kept.ExecutionId);

        static async Task<int> ThreeSteps(WorkflowContext context)
        {
            var sum = await context.CallActivityAsync<int>("A");
            sum += await context.CallActivityAsync<int>("B");
            return sum + await context.CallActivityAsync<int>("C", context.NewGuid());
        }
    }

    [Fact]
    public void Parallel_activities_are_asked_for_at_once_and_joined_in_any_order()
    {
        var run = Run(async context => await Task.WhenAll(Enumerable.Range(0, 3).Select(i => context.CallActivityAsync<int>("Square", i))));

        var first = run.Turn([], [TurnStarted(), Started()]);
        var waiting = run.Turn([], [TurnStarted(1), Completed(2, "4"), Completed(0, "0")]);
        var last = run.Turn([], [TurnStarted(2), Completed(1, "1")]);

        Assert.Equal([0, 1, 2], first.Actions.Select(a => a.Id));
        Assert.Empty(waiting.Actions);
        Assert.Equal("[0,1,4]", last.End().Result);
    }

    [Fact]
    public void Bounded_fan_out_starts_the_next_when_one_is_done()
    {
        var run = Run(context => context.ProcessInParallelAsync(Enumerable.Range(0, 3), i => context.CallActivityAsync<int>("Square", i), 2));

        var first = run.Turn([], [TurnStarted(), Started()]);
        var second = run.Turn([], [TurnStarted(1), Completed(1, "1")]);
        var last = run.Turn([], [TurnStarted(2), Completed(2, "4"), Completed(0, "0")]);

        Assert.Equal(2, first.Actions.Count);
        Assert.Equal("2", second.Actions.Single().ScheduleTask.Input);
        Assert.Equal("[0,1,4]", last.End().Result);
    }

    [Fact]
    public void A_timer_fires_at_the_time_of_the_turn_plus_its_delay()
    {
        var run = Run(async context =>
        {
            await context.CreateTimer(TimeSpan.FromHours(1));
            return context.CurrentUtcDateTime;
        });

        var first = run.Turn([], [TurnStarted(), Started()]);
        var last = run.Turn([], [TurnStarted(61), Fired(0)]);

        Assert.Equal(Noon.AddHours(1), first.Actions.Single().CreateTimer.FireAt.ToDateTime());
        Assert.Equal("\"2026-05-04T13:01:00Z\"", last.End().Result);
    }

    [Fact]
    public void An_event_is_heard_whether_it_comes_before_or_after_the_wait()
    {
        var run = Run(async context =>
            await context.WaitForExternalEventAsync<string>("Paid") + await context.WaitForExternalEventAsync<string>("paid"));

        run.Turn([], [TurnStarted(), Started(), Raised("PAID", "\"a\"")]);
        var last = run.Turn([], [TurnStarted(1), Raised("other"), Raised("Paid", "\"b\"")]);

        Assert.Equal("\"ab\"", last.End().Result);
    }

    [Fact]
    public void A_wait_with_timeout_names_its_event_in_the_timer_and_gives_up_when_it_fires()
    {
        var run = Run(async context =>
        {
            try
            {
                return await context.WaitForExternalEventAsync<string>("Paid", TimeSpan.FromMinutes(5));
            }
            catch (TaskCanceledException)
            {
                return "late";
            }
        });

        var first = run.Turn([], [TurnStarted(), Started()]);
        var last = run.Turn([], [TurnStarted(5), Fired(0)]);

        Assert.Equal("Paid", first.Actions.Single().CreateTimer.ExternalEvent.Name);
        Assert.Equal("\"late\"", last.End().Result);
    }

    [Fact]
    public void An_event_in_time_wins_over_the_timer_which_may_still_fire()
    {
        var run = Run(async context =>
        {
            var paid = await context.WaitForExternalEventAsync<string>("Paid", TimeSpan.FromMinutes(5));
            return paid + await context.CallActivityAsync<string>("Thank");
        });

        run.Turn([], [TurnStarted(), Started()]);
        var second = run.Turn([], [TurnStarted(1), Raised("Paid", "\"yes\""), Fired(0)]);
        var last = run.Turn([], [TurnStarted(2), Completed(1, "\"!\"")]);

        Assert.Equal("Thank", second.Actions.Single().ScheduleTask.Name);
        Assert.Equal("\"yes!\"", last.End().Result);
    }

    [Fact]
    public void A_wait_for_ever_is_a_timer_at_the_end_of_time()
    {
        var run = Run(context => context.WaitForExternalEventAsync<string>("Paid", Timeout.InfiniteTimeSpan));

        var first = run.Turn([], [TurnStarted(), Started()]);

        Assert.Equal((253402300799, 999999999), (first.Actions.Single().CreateTimer.FireAt.Seconds, first.Actions.Single().CreateTimer.FireAt.Nanos));
    }

    [Fact]
    public void A_child_workflow_gives_its_result_or_its_failure()
    {
        var run = Run(async context =>
        {
            var result = await context.CallChildWorkflowAsync<string>("Pack", 1, new ChildWorkflowTaskOptions("box"));
            try
            {
                await context.CallChildWorkflowAsync("Ship");
            }
            catch (WorkflowTaskFailedException)
            {
                result += " unshipped";
            }

            return result;
        });

        var first = run.Turn([], [TurnStarted(), Started()]);
        var second = run.Turn([], [TurnStarted(1), ChildCompleted(0, "\"packed\"")]);
        var last = run.Turn([], [TurnStarted(2), ChildFailed(1)]);

        Assert.Equal("box", first.Actions.Single().CreateChildWorkflow.InstanceId);
        Assert.True(Guid.TryParse(second.Actions.Single().CreateChildWorkflow.InstanceId, out _));
        Assert.Equal("\"packed unshipped\"", last.End().Result);
    }

    [Fact]
    public void Continuing_as_new_carries_the_unheard_events_and_nothing_else()
    {
        var run = Run(context =>
        {
            context.CallActivityAsync("Dropped");
            context.ContinueAsNew(new { Round = 2 });
            return Task.FromResult(0);
        });

        var response = run.Turn([], [TurnStarted(), Started(), Raised("Paid", "\"x\"")]);

        var end = Assert.Single(response.Actions).CompleteWorkflow;
        Assert.Equal((OrchestrationStatus.ContinuedAsNew, """{"round":2}"""), (end.WorkflowStatus, end.Result));
        Assert.Equal("Paid", Assert.Single(end.CarryoverEvents).EventRaised.Name);
        Assert.True(run.Ended);
    }

    [Fact]
    public void The_custom_status_is_that_of_the_last_call()
    {
        var run = Run(async context =>
        {
            context.SetCustomStatus("packing");
            await context.CallActivityAsync("Pack");
            context.SetCustomStatus(null);
            await context.CallActivityAsync("Ship");
            return 0;
        });

        Assert.Equal("\"packing\"", run.Turn([], [TurnStarted(), Started()]).CustomStatus);
        Assert.Null(run.Turn([], [TurnStarted(1), Completed(0, "")]).CustomStatus);
    }

    [Fact]
    public void An_event_for_another_instance_takes_a_step()
    {
        var run = Run(async context =>
        {
            context.SendEvent("two", "Ready", 5);
            return await context.CallActivityAsync<int>("Next");
        });

        var response = run.Turn([], [TurnStarted(), Started()]);

        Assert.Equal(("two", "Ready", "5"), (response.Actions[0].SendEvent.Instance.InstanceId, response.Actions[0].SendEvent.Name, response.Actions[0].SendEvent.Data));
        Assert.Equal(1, response.Actions[1].Id);
    }

    [Fact]
    public void A_patch_is_on_for_new_instances_and_off_for_those_that_passed_it()
    {
        static async Task<string> Code(WorkflowContext context)
        {
            var patched = context.IsPatched("fees");
            await context.CallActivityAsync("Charge");
            return patched ? "new" : "old";
        }

        var fresh = Run(Code).Turn([], [TurnStarted(), Started()]);
        var old = Run(Code).Turn([TurnStarted(), Started(), Scheduled(0, "Charge")], [TurnStarted(1), Completed(0, "")]);
        var recent = Run(Code).Turn([TurnStarted(0, "fees"), Started(), Scheduled(0, "Charge")], [TurnStarted(1), Completed(0, "")]);

        Assert.Equal(["fees"], fresh.Version.Patches);
        Assert.Equal("\"old\"", old.End().Result);
        Assert.Null(old.Version);
        Assert.Equal("\"new\"", recent.End().Result);
    }

    [Fact]
    public void Pauses_grow_without_bound_unless_there_is_one_and_end_with_all_dates()
    {
        var growing = new WorkflowRetryPolicy(1_000, TimeSpan.FromMinutes(30), backoffCoefficient: 10);
        var bounded = new WorkflowRetryPolicy(1_000, TimeSpan.FromMinutes(30), backoffCoefficient: 10, maxRetryInterval: TimeSpan.FromHours(2));

        Assert.Equal(TimeSpan.FromHours(50), growing.DelayAfter(3, Noon, Noon));
        Assert.Equal(TimeSpan.FromHours(2), bounded.DelayAfter(900, Noon, Noon));
        Assert.Null(growing.DelayAfter(900, Noon, Noon));
    }

    [Fact]
    public void A_second_result_of_the_same_step_changes_nothing()
    {
        var run = Run(async context => await context.CallActivityAsync<int>("A") + await context.CallActivityAsync<int>("B"));

        run.Turn([], [TurnStarted(), Started()]);
        run.Turn([], [TurnStarted(1), Completed(0, "1"), Completed(0, "100")]);
        var last = run.Turn([], [TurnStarted(2), Completed(0, "100"), Completed(1, "2")]);

        Assert.Equal("3", last.End().Result);
    }
}
