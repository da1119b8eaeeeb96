using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using static LocalDapr.Runtime.Tests.Workflows.TaskHub;
using Case = Dapr.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace LocalDapr.Runtime.Tests.Workflows;

/// <summary>The shapes of histories and states, to the field, as daprd makes them.</summary>
public sealed class TaskHubTests : IAsyncLifetime
{
    private TaskHub _hub = null!;

    public async ValueTask InitializeAsync() => _hub = await OpenAsync();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task An_instance_that_waits_for_its_time_has_the_zero_time_of_Go_and_one_under_way_when_it_began()
    {
        var later = new CreateInstanceRequest { InstanceId = "later", Name = "w", ScheduledStartTimestamp = Timestamp.FromDateTime(DateTime.UtcNow.AddHours(1)) };
        await _hub.CallAsync(TaskHubMethods.StartInstance, later);
        await _hub.StartAsync("now");
        await _hub.PlayAsync();

        var pending = await _hub.StateAsync("later");
        var running = await _hub.StateAsync("now");

        Assert.Equal(DateTime.MinValue, pending.CreatedTimestamp.ToDateTime());
        Assert.Equal(DateTime.MinValue, pending.LastUpdatedTimestamp.ToDateTime());
        Assert.Null(pending.StartedAt);
        Assert.Equal((await _hub.HistoryAsync("now"))[0].Timestamp, running.StartedAt);
    }

    [Fact]
    public async Task What_only_arrived_has_not_updated_an_instance_yet()
    {
        await _hub.StartAsync("a");
        await _hub.PlayAsync();
        var before = (await _hub.StateAsync("a")).LastUpdatedTimestamp;

        await _hub.RaiseAsync("a");
        var arrived = (await _hub.StateAsync("a")).LastUpdatedTimestamp;
        await _hub.PlayAsync();

        Assert.Equal(before, arrived);
        Assert.True((await _hub.StateAsync("a")).LastUpdatedTimestamp.ToDateTime() > before.ToDateTime());
    }

    [Fact]
    public async Task The_management_API_shows_an_instance_that_waits_with_the_zero_time_of_Go_too()
    {
        var later = new CreateInstanceRequest { InstanceId = "later", Name = "w", ScheduledStartTimestamp = Timestamp.FromDateTime(DateTime.UtcNow.AddHours(1)) };
        await _hub.CallAsync(TaskHubMethods.StartInstance, later);

        var pending = await _hub.CallAsync(DaprMethods.GetWorkflowBeta1, new GetWorkflowRequest { InstanceId = "later", WorkflowComponent = "dapr" });

        Assert.Equal((DateTime.MinValue, DateTime.MinValue), (pending.CreatedAt.ToDateTime(), pending.LastUpdatedAt.ToDateTime()));
    }

    [Fact]
    public async Task An_event_raised_over_gRPC_without_data_has_none()
    {
        await _hub.StartAsync("a");
        await _hub.PlayAsync();

        await _hub.CallAsync(
            DaprMethods.RaiseEventWorkflowBeta1, new RaiseEventWorkflowRequest { InstanceId = "a", WorkflowComponent = "dapr", EventName = "go" });

        Assert.Null(Assert.Single((await _hub.TurnAsync()).NewEvents, e => e.EventRaised is not null).EventRaised.Input);
    }

    [Fact]
    public async Task A_timer_of_a_workflow_that_ends_is_history_and_never_fires()
    {
        await _hub.StartAsync("a");
        await _hub.PlayAsync(Complete(), Timer(1, DateTimeOffset.UnixEpoch));

        var history = await _hub.HistoryAsync("a");

        Assert.Equal(
            [Case.WorkflowStarted, Case.ExecutionStarted, Case.ExecutionCompleted, Case.TimerCreated], history.Select(happened => happened.EventTypeCase));
    }

    [Fact]
    public async Task Only_what_an_app_did_names_the_app()
    {
        await _hub.StartAsync("a");
        await _hub.PlayAsync(Child(1, "kid"), Timer(2, DateTimeOffset.UnixEpoch));
        await _hub.RaiseAsync("a");
        while ((await _hub.StateAsync("a")).WorkflowStatus == OrchestrationStatus.Running)
        {
            var turn = await _hub.TurnAsync();
            var kinds = turn.PastEvents.Concat(turn.NewEvents).Select(happened => happened.EventTypeCase).ToHashSet();
            var isOver = turn.InstanceId == "kid"
                || kinds.IsSupersetOf([Case.ChildWorkflowInstanceCompleted, Case.TimerFired, Case.EventRaised]);
            await _hub.AnswerAsync(turn.InstanceId, isOver ? [Complete()] : []);
        }

        var routers = (await _hub.HistoryAsync("a")).Where(happened => happened.EventTypeCase != Case.WorkflowStarted)
            .ToDictionary(happened => happened.EventTypeCase, happened => happened.Router is { } r ? $"{r.SourceAppID}>{r.TargetAppID}" : null);

        Assert.Equal("app>", routers[Case.ExecutionStarted]);
        Assert.Equal("app>", routers[Case.ExecutionCompleted]);
        Assert.Equal("app>", routers[Case.TimerCreated]);
        Assert.Equal("app>app", routers[Case.ChildWorkflowInstanceCompleted]);
        Assert.Null(routers[Case.TimerFired]);
        Assert.Null(routers[Case.EventRaised]);
    }

    [Fact]
    public async Task The_version_of_a_child_is_known_to_its_parent_only()
    {
        await _hub.StartAsync("a");
        await _hub.PlayAsync(Child(1, "kid"));

        var start = (await _hub.TurnAsync()).NewEvents[1].ExecutionStarted;

        Assert.Null(start.Version);
        Assert.Null(start.ParentInstance.Version);
        Assert.Equal("2", (await _hub.HistoryAsync("a"))[^1].ChildWorkflowInstanceCreated.Version);
    }

    [Theory]
    [InlineData(HistoryPropagationScope.Lineage, "a kid")]
    [InlineData(HistoryPropagationScope.OwnHistory, "kid")]
    public async Task History_that_a_child_was_handed_goes_on_over_its_generations(HistoryPropagationScope scope, string expected)
    {
        await _hub.StartAsync("a");
        await _hub.PlayAsync(Child(1, "kid", scope));
        var first = await _hub.PlayAsync(Complete("again", OrchestrationStatus.ContinuedAsNew));

        var next = await _hub.TurnAsync();

        Assert.Equal("a", Assert.Single(first.PropagatedHistory.Chunks).InstanceId);
        Assert.Equal(expected, string.Join(' ', next.PropagatedHistory.Chunks.Select(chunk => chunk.InstanceId)));
        Assert.Equal(2, next.PropagatedHistory.Chunks[^1].RawEvents.Count);
    }

    [Fact]
    public async Task An_empty_reason_is_no_reason()
    {
        await _hub.StartAsync("a");
        await _hub.PlayAsync();
        var suspended = _hub.CallAsync(TaskHubMethods.SuspendInstance, new SuspendRequest { InstanceId = "a", Reason = "" });
        var turn = await _hub.PlayAsync();
        await suspended;

        Assert.Null(turn.NewEvents[^1].ExecutionSuspended.Input);
        Assert.Null(turn.NewEvents[^1].Router);
    }

    [Fact]
    public async Task A_detached_workflow_runs_by_itself_with_what_it_was_given_and_its_starter_hears_nothing_of_it()
    {
        await _hub.StartAsync("a");
        await _hub.PlayAsync(Detached(1, "free"));
        var free = await _hub.PlayAsync(Complete("free"));
        await _hub.EndAsync("free");
        await _hub.RaiseAsync("a");
        var starter = await _hub.PlayAsync(Detached(2, "a"), Detached(3, "free"), Complete());
        var again = await _hub.TurnAsync();

        var start = free.NewEvents[1].ExecutionStarted;
        Assert.Equal(("d", "in", "blue"), (start.Name, start.Input, start.Tags["colour"]));
        Assert.Null(start.ParentInstance);
        Assert.Equal([Case.WorkflowStarted, Case.EventRaised], starter.NewEvents.Select(happened => happened.EventTypeCase));
        Assert.Equal(("free", 0), (again.InstanceId, again.PastEvents.Count));
        var created = (await _hub.HistoryAsync("a")).Where(happened => happened.EventTypeCase == Case.DetachedWorkflowInstanceCreated);
        Assert.Equal(["1 free", "2 a", "3 free"], created.Select(e => $"{e.EventId} {e.DetachedWorkflowInstanceCreated.InstanceId}"));
    }

    [Fact]
    public async Task A_detached_workflow_without_an_id_fails_its_starter()
    {
        await _hub.StartAsync("a");
        await _hub.PlayAsync(Detached(1, ""));

        Assert.Equal("CreateDetachedWorkflowAction requires an instance ID", (await _hub.EndAsync("a")).FailureDetails.ErrorMessage);
    }

    [Fact]
    public async Task A_workflow_detached_into_another_app_waits_for_that_app_and_its_starter_does_not()
    {
        await _hub.StartAsync("a");
        var detached = Detached(1, "free");
        detached.Router = new TaskRouter { TargetAppID = "other" };
        await _hub.PlayAsync(detached, Complete());
        await _hub.EndAsync("a");

        var created = Assert.Single(await _hub.HistoryAsync("a"), happened => happened.EventTypeCase == Case.DetachedWorkflowInstanceCreated);
        Assert.Equal("other", created.Router.TargetAppID);
        Assert.Equal(["a"], (await _hub.CallAsync(TaskHubMethods.ListInstanceIDs, new ListInstanceIDsRequest())).InstanceIds);
    }

    private static WorkflowAction Detached(int id, string instanceId) => new()
    {
        Id = id,
        CreateDetachedWorkflow = new CreateDetachedWorkflowAction { InstanceId = instanceId, Name = "d", Input = "in", Tags = { ["colour"] = "blue" } },
    };
}
