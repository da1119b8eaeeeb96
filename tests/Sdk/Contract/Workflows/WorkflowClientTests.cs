using Dapr.Workflow;
using Dapr.Workflow.Client;
using Dapr.Workflow.Registration;
using Xunit;

namespace Sdk.Contract.Workflows;

/// <summary>What the client can do with instances, on a real sidecar.</summary>
public sealed class WorkflowClientTests(WorkflowApp app) : IClassFixture<WorkflowApp>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_state_tells_name_times_input_and_custom_status()
    {
        var before = DateTimeOffset.UtcNow.AddSeconds(-1);
        var id = await app.Client.ScheduleNewWorkflowAsync("Status", "state-1", "paying");
        Assert.Equal("state-1", id);
        await app.Client.WaitForWorkflowStartAsync(id, cancellation: Cancellation);
        await LocalSidecar.EventuallyAsync(async () => (await StateAsync(id)).ReadCustomStatusAs<Dictionary<string, string>>() is not null, () => "the custom status");

        var state = await StateAsync(id);

        Assert.Equal((true, "Status", true, false), (state.Exists, state.WorkflowName, state.IsWorkflowRunning, state.IsWorkflowCompleted));
        Assert.Equal("paying", state.ReadInputAs<string>());
        Assert.Equal("paying", state.ReadCustomStatusAs<Dictionary<string, string>>()!["step"]);
        Assert.InRange(state.CreatedAt, before, DateTimeOffset.UtcNow.AddSeconds(1));
        Assert.True(state.LastUpdatedAt >= state.CreatedAt);
        await app.Client.TerminateWorkflowAsync(id, cancellation: Cancellation);
    }

    [Fact]
    public async Task An_instance_that_is_not_there_does_not_exist() => Assert.False((await StateAsync("nobody")).Exists);

    [Fact]
    public async Task A_client_can_be_built_for_an_application_without_workflows()
    {
        var builder = new DaprWorkflowClientBuilder();
        builder.UseGrpcEndpoint(app.SidecarAddress);
        await using var client = builder.Build();

        var id = await client.ScheduleNewWorkflowAsync("Timer", null, 0);
        var end = await client.WaitForWorkflowCompletionAsync(id, cancellation: Cancellation);

        Assert.Equal(WorkflowRuntimeStatus.Completed, end!.RuntimeStatus);
    }

    [Fact]
    public async Task A_suspended_instance_goes_on_when_it_is_resumed()
    {
        var id = await app.Client.ScheduleNewWorkflowAsync("Status", null, "x");
        await app.Client.WaitForWorkflowStartAsync(id, cancellation: Cancellation);

        await app.Client.SuspendWorkflowAsync(id, "a break", Cancellation);
        await LocalSidecar.EventuallyAsync(async () => (await StateAsync(id)).RuntimeStatus == WorkflowRuntimeStatus.Suspended, () => "the instance to be suspended");
        await app.Client.RaiseEventAsync(id, "go", "on", Cancellation);
        await app.Client.ResumeWorkflowAsync(id, cancellation: Cancellation);

        Assert.Equal("on", (await app.EndAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_terminated_instance_can_be_purged_once()
    {
        var id = await app.Client.ScheduleNewWorkflowAsync("Status", null, "x");
        await app.Client.WaitForWorkflowStartAsync(id, cancellation: Cancellation);

        // The output is not looked at: the official worker answers a termination without it.
        await app.Client.TerminateWorkflowAsync(id, "enough", Cancellation);
        var end = await app.EndAsync(id);
        var purged = await app.Client.PurgeInstanceAsync(id, Cancellation);

        Assert.Equal((WorkflowRuntimeStatus.Terminated, true), (end.RuntimeStatus, purged));
        Assert.False((await StateAsync(id)).Exists);
        await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => app.Client.PurgeInstanceAsync(id, Cancellation));
    }

    [Fact]
    public async Task An_instance_starts_at_its_time()
    {
        var start = DateTimeOffset.UtcNow.AddSeconds(1);

        var id = await app.Client.ScheduleNewWorkflowAsync("Timer", null, 0, start, Cancellation);
        await app.EndAsync(id);

        Assert.True(DateTimeOffset.UtcNow >= start);
    }

    [Fact]
    public async Task A_second_instance_of_an_active_id_is_refused()
    {
        var id = await app.Client.ScheduleNewWorkflowAsync("Status", null, "x");

        var failure = await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => app.Client.ScheduleNewWorkflowAsync("Status", id, "x"));

        Assert.NotEqual(Grpc.Core.StatusCode.OK, failure.StatusCode);
        await app.Client.TerminateWorkflowAsync(id, cancellation: Cancellation);
    }

    [Fact]
    public async Task Instances_can_be_listed_page_by_page()
    {
        foreach (var id in new[] { "list-1", "list-2", "list-3" }) await app.RunAsync("Timer", 0, id);

        var (found, pages, token) = (new List<string>(), 0, (string?)null);
        do
        {
            var page = await app.Client.ListInstanceIdsAsync(token, pageSize: 2, Cancellation);
            Assert.InRange(page.InstanceIds.Count, 0, 2);
            found.AddRange(page.InstanceIds);
            (token, pages) = (page.ContinuationToken, pages + 1);
        }
        while (!string.IsNullOrEmpty(token));

        Assert.True(pages > 1);
        Assert.Empty(new[] { "list-1", "list-2", "list-3" }.Except(found));
    }

    [Fact]
    public async Task A_finished_instance_runs_again_from_one_of_its_steps()
    {
        await app.RunAsync("Chain", "r", "rerun-1");
        var history = await app.Client.GetInstanceHistoryAsync("rerun-1", Cancellation);
        var second = history.Where(e => e.EventType == WorkflowHistoryEventType.TaskScheduled).ElementAt(1);

        var id = await app.Client.RerunWorkflowFromEventAsync(
            "rerun-1", (uint)second.EventId, new RerunWorkflowFromEventOptions { NewInstanceId = "rerun-2", Input = "again", OverwriteInput = true }, Cancellation);

        Assert.Equal("rerun-2", id);
        Assert.Equal(["noted r1", "noted again"], (await app.EndAsync(id)).ReadOutputAs<string[]>()!);
        Assert.Equal(["Note again"], app.Notes.Of("rerun-2").Select(note => note[..note.LastIndexOf(' ')]));
    }

    private async Task<WorkflowState> StateAsync(string id) => (await app.Client.GetWorkflowStateAsync(id, cancellation: Cancellation))!;
}
