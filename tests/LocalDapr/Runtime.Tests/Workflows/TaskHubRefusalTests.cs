using System.Net;
using System.Text;
using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using MiniGrpc;
using Xunit;
using static LocalDapr.Runtime.Tests.Workflows.TaskHub;

namespace LocalDapr.Runtime.Tests.Workflows;

/// <summary>What is refused, in the words of daprd.</summary>
public sealed class TaskHubRefusalTests : IAsyncLifetime
{
    private const string Active = "rpc error: code = AlreadyExists desc = an active workflow with ID 'a' already exists";

    private TaskHub _hub = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _hub = await OpenAsync();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task What_concerns_an_instance_that_does_not_exist()
    {
        Assert.Equal("Unknown: no such instance exists", await _hub.RefusalAsync(TaskHubMethods.RaiseEvent, new RaiseEventRequest { InstanceId = "x", Name = "e" }));
        Assert.Equal("Unknown: no such instance exists", await _hub.RefusalAsync(TaskHubMethods.SuspendInstance, new SuspendRequest { InstanceId = "x" }));
        Assert.Equal(
            "Unknown: failed to submit termination request: no such instance exists",
            await _hub.RefusalAsync(TaskHubMethods.TerminateInstance, new TerminateRequest { InstanceId = "x" }));
        Assert.Equal(
            "Unknown: failed to purge workflow state: no such instance exists",
            await _hub.RefusalAsync(TaskHubMethods.PurgeInstances, new PurgeInstancesRequest { InstanceId = "x" }));
    }

    [Fact]
    public async Task What_an_active_instance_does_not_allow()
    {
        await _hub.StartAsync("a");

        Assert.Equal(
            $"AlreadyExists: failed to create workflow instance: {Active}",
            await _hub.RefusalAsync(TaskHubMethods.StartInstance, new CreateInstanceRequest { InstanceId = "a", Name = "w" }));
        Assert.Equal(
            "Unknown: failed to purge workflow state: orchestration has not yet completed",
            await _hub.RefusalAsync(TaskHubMethods.PurgeInstances, new PurgeInstancesRequest { InstanceId = "a" }));
        Assert.Equal("InvalidArgument: 'a' is not in a terminal state", await RerunAsync("a", 1));
    }

    [Fact]
    public async Task Reruns_that_cannot_be()
    {
        await _hub.StartAsync("a");
        await _hub.PlayAsync(Complete());

        Assert.Equal("InvalidArgument: rerun workflow source instance ID is required", await RerunAsync("", 1));
        Assert.Equal("InvalidArgument: rerun workflow instance ID must be different from the original instance ID", await RerunAsync("a", 1, "a"));
        Assert.Equal("NotFound: does not have history event with ID '7'", await RerunAsync("a", 7));
        Assert.Equal(
            "NotFound: target event '*protos.HistoryEvent_WorkflowStarted' with ID '-1' is not an event that can be rerun",
            await RerunAsync("a", uint.MaxValue));
    }

    [Fact]
    public async Task A_start_of_a_finished_instance_only_where_its_id_is_to_be_unique()
    {
        await _hub.StartAsync("a");
        await _hub.PlayAsync(TaskHub.Complete());
        await _hub.EndAsync("a");
        var again = new CreateInstanceRequest { InstanceId = "a", Name = "w", EnforceUniqueInstanceId = true };

        Assert.Equal(
            "AlreadyExists: failed to create workflow instance: rpc error: code = AlreadyExists desc = a workflow with ID 'a' already exists and the create "
            + "enforces instance ID uniqueness",
            await _hub.RefusalAsync(TaskHubMethods.StartInstance, again));
        await _hub.StartAsync("a");
        Assert.Equal("a", (await _hub.TurnAsync()).InstanceId);
    }

    [Fact]
    public async Task Everything_of_a_stalled_instance_but_its_purge_by_force()
    {
        await _hub.StartAsync("a");
        var named = new WorkflowResponse { InstanceId = (await _hub.TurnAsync()).InstanceId, Version = new WorkflowVersion { Name = "v7" } };
        await _hub.CallAsync(TaskHubMethods.CompleteWorkflowTask, named);
        await _hub.RaiseAsync("a");
        await _hub.PlayAsync(new WorkflowAction { WorkflowVersionNotAvailable = new WorkflowVersionNotAvailableAction() });
        const string stalled = "failed to invoke method for workflow 'a': actor is stalled";

        Assert.Equal("Version not available: v7", (await _hub.HistoryAsync("a"))[^1].ExecutionStalled.Description);
        Assert.Equal($"Unknown: {stalled}", await _hub.RefusalAsync(TaskHubMethods.RaiseEvent, new RaiseEventRequest { InstanceId = "a", Name = "e" }));
        Assert.Equal(
            $"Unknown: failed to submit termination request: {stalled}",
            await _hub.RefusalAsync(TaskHubMethods.TerminateInstance, new TerminateRequest { InstanceId = "a" }));
        Assert.Equal(
            $"Unknown: failed to purge workflow state: {stalled}",
            await _hub.RefusalAsync(TaskHubMethods.PurgeInstances, new PurgeInstancesRequest { InstanceId = "a" }));
        var purged = await _hub.CallAsync(TaskHubMethods.PurgeInstances, new PurgeInstancesRequest { InstanceId = "a", Force = true });
        Assert.Equal(1, purged.DeletedInstanceCount);
    }

    [Theory]
    [InlineData("a", "go", "error raising event on workflow 'a': failed to raise event go on workflow a: failed to raise event: string field contains invalid UTF-8")]
    [InlineData(
        "x", "go", "error raising event on workflow 'x': failed to raise event go on workflow x: failed to raise event: string field contains invalid UTF-8")]
    public async Task An_event_over_HTTP_that_is_no_text(string id, string name, string expected)
    {
        await _hub.StartAsync("a");

        using var body = new ByteArrayContent([0xff, 0xfe]);
        using var response = await _hub.Http.PostAsync(new Uri($"/v1.0/workflows/dapr/{id}/raiseEvent/{name}", UriKind.Relative), body, Stop);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Contains($"\"{expected}\"", await response.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_over_HTTP_of_an_active_instance_or_with_an_input_that_is_no_text()
    {
        await _hub.StartAsync("a");

        using var text = new StringContent("x", Encoding.UTF8);
        using var taken = await _hub.Http.PostAsync(new Uri("/v1.0/workflows/dapr/w/start?instanceID=a", UriKind.Relative), text, Stop);
        using var noText = new ByteArrayContent([0xff, 0xfe]);
        using var garbled = await _hub.Http.PostAsync(new Uri("/v1.0/workflows/dapr/w/start", UriKind.Relative), noText, Stop);

        const string begins = "\"error starting workflow 'w': unable to start workflow: failed to start workflow: ";
        Assert.Contains($"{begins}{Active}\"", await taken.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        Assert.Contains($"{begins}string field contains invalid UTF-8\"", await garbled.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    private Task<string> RerunAsync(string source, uint eventId, string? newId = null)
    {
        var request = new RerunWorkflowFromEventRequest { SourceInstanceID = source, EventID = eventId };
        if (newId is not null) request.NewInstanceID = newId;
        return _hub.RefusalAsync(TaskHubMethods.RerunWorkflowFromEvent, request);
    }
}
