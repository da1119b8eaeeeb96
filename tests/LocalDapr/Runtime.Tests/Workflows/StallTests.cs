using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using static LocalDapr.Runtime.Tests.Workflows.TaskHub;

namespace LocalDapr.Runtime.Tests.Workflows;

/// <summary>Instances that no worker at hand fits, and what is still done with them, as daprd does it.</summary>
public sealed class StallTests : IAsyncLifetime
{
    private TaskHub _hub = null!;

    public async ValueTask InitializeAsync() => _hub = await OpenAsync();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task A_termination_needs_no_code_of_the_version()
    {
        await RunAsync(new WorkflowVersion { Name = "v1" });

        var terminated = _hub.CallAsync(TaskHubMethods.TerminateInstance, new TerminateRequest { InstanceId = "a", Output = "over" });
        await _hub.PlayAsync(NotHere);
        await terminated;

        var end = await _hub.EndAsync("a");
        Assert.Equal((OrchestrationStatus.Terminated, "over"), (end.WorkflowStatus, end.Output));
    }

    [Fact]
    public async Task Continue_as_new_leaves_the_patches_behind()
    {
        await RunAsync(new WorkflowVersion { Patches = { "p1" } });

        await _hub.RaiseAsync("a");
        await _hub.PlayAsync(Complete("again", OrchestrationStatus.ContinuedAsNew));
        var next = await _hub.PlayAsync(Complete());

        Assert.Equal("again", next.NewEvents.Single(happened => happened.ExecutionStarted is not null).ExecutionStarted.Input);
        Assert.Equal(OrchestrationStatus.Completed, (await _hub.EndAsync("a")).WorkflowStatus);
    }

    [Fact]
    public async Task The_answer_that_stalls_has_the_last_word_on_the_custom_status()
    {
        await RunAsync(new WorkflowVersion { Name = "v1" }, "before");
        Assert.Equal("before", (await _hub.StateAsync("a")).CustomStatus);

        await StallAsync();

        Assert.Null((await _hub.StateAsync("a")).CustomStatus);
    }

    [Fact]
    public async Task What_a_stalled_instance_refuses()
    {
        await RunAsync(new WorkflowVersion { Name = "v1" });
        await StallAsync();
        const string stalled = "failed to invoke method for workflow 'a': actor is stalled";

        Assert.Equal(
            $"Unknown: failed to create workflow instance: {stalled}",
            await _hub.RefusalAsync(TaskHubMethods.StartInstance, new CreateInstanceRequest { InstanceId = "a", Name = "w" }));
        Assert.Equal($"Unknown: failed to purge workflow state: {stalled}", await PurgeAsync("a", recursive: false));
        Assert.Equal("Unknown: failed to purge workflow state: orchestration has not yet completed", await PurgeAsync("a", recursive: true));
    }

    [Fact]
    public async Task A_family_of_one_that_has_not_begun_is_not_found_to_be_purged()
    {
        var later = Timestamp.FromDateTime(DateTime.UtcNow.AddHours(1));
        await _hub.CallAsync(TaskHubMethods.StartInstance, new CreateInstanceRequest { InstanceId = "a", Name = "w", ScheduledStartTimestamp = later });

        Assert.Equal("Unknown: failed to purge workflow state: failed to fetch workflow state: no such instance exists", await PurgeAsync("x", recursive: true));
        Assert.Equal("Unknown: failed to purge workflow state: no such instance exists", await PurgeAsync("a", recursive: true));
        Assert.Equal("Unknown: failed to purge workflow state: orchestration has not yet completed", await PurgeAsync("a", recursive: false));
        Assert.Equal(OrchestrationStatus.Pending, (await _hub.StateAsync("a")).WorkflowStatus);
    }

    [Fact]
    public async Task The_version_shown_is_that_of_the_first_turn()
    {
        await RunAsync(new WorkflowVersion { Name = "v1" });
        await _hub.RaiseAsync("a");
        await AnswerAsync(new WorkflowVersion { Name = "v2" }, status: null);

        Assert.Equal("v1", (await _hub.StateAsync("a")).Version);
    }

    [Fact]
    public async Task Terminating_over_HTTP_does_not_wait_for_the_end()
    {
        await RunAsync(version: null);

        using var answer = await _hub.Http.PostAsync(new Uri("v1.0/workflows/dapr/a/terminate", UriKind.Relative), null, TestContext.Current.CancellationToken);

        Assert.Equal(System.Net.HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(OrchestrationStatus.Running, (await _hub.StateAsync("a")).WorkflowStatus);
    }

    private static WorkflowAction NotHere => new() { Id = 1, WorkflowVersionNotAvailable = new WorkflowVersionNotAvailableAction() };

    private async Task RunAsync(WorkflowVersion? version, string? status = null)
    {
        await _hub.StartAsync("a");
        await AnswerAsync(version, status);
    }

    private async Task AnswerAsync(WorkflowVersion? version, string? status)
    {
        await _hub.TurnAsync();
        await _hub.CallAsync(TaskHubMethods.CompleteWorkflowTask, new WorkflowResponse { InstanceId = "a", Version = version, CustomStatus = status });
    }

    private async Task StallAsync()
    {
        await _hub.RaiseAsync("a");
        await _hub.PlayAsync(NotHere);
        Assert.Equal(OrchestrationStatus.Stalled, (await _hub.StateAsync("a")).WorkflowStatus);
    }

    private Task<string> PurgeAsync(string id, bool recursive) =>
        _hub.RefusalAsync(TaskHubMethods.PurgeInstances, new PurgeInstancesRequest { InstanceId = id, Recursive = recursive });
}
