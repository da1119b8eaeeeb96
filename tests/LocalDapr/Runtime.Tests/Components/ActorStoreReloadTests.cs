using System.Net;
using Dapr.DurableTask.Protobuf;
using Dapr.Protocol;
using LocalDapr.Runtime.Tests.Workflows;
using MiniGrpc;
using Xunit;

namespace LocalDapr.Runtime.Tests.Components;

/// <summary>The actor state store comes, goes and comes back while the sidecar runs.</summary>
public sealed class ActorStoreReloadTests
{
    private const string NoStore = "the state store is not configured to use the actor runtime";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static CallOptions Options => new() { Cancellation = Stop, Timeout = TimeSpan.FromSeconds(60) };

    [Fact]
    public async Task Workflows_are_there_while_the_store_is_and_a_worker_keeps_its_stream()
    {
        var (plain, forActors) = (Store(), Store(("actorStateStore", "true")));
        await using var one = await OneSidecar.StartAsync(resources: plain);
        using var channel = one.OpenGrpc();
        using var stream = channel.ServerStreaming(TaskHubMethods.GetWorkItems, new GetWorkItemsRequest(), Options);
        await using var items = stream.ReadAllAsync(Stop).GetAsyncEnumerator(Stop);
        await stream.Headers;
        Assert.Contains(NoStore, (await Assert.ThrowsAsync<RpcException>(() => StartAsync("w"))).Message, StringComparison.Ordinal);

        await one.WriteAsync("0.yaml", forActors);
        await OneSidecar.EventuallyAsync(() => IsStartedAsync("w"), "workflows with the store");
        Assert.Equal("w", (await TurnAsync()).InstanceId);
        await AnswerAsync("w");
        var waiting = channel.UnaryAsync(TaskHubMethods.WaitForInstanceCompletion, new GetInstanceRequest { InstanceId = "w" }, Options);

        await one.WriteAsync("0.yaml", plain);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => waiting)).StatusCode);
        Assert.Contains(NoStore, (await Assert.ThrowsAsync<RpcException>(() => StartAsync("x"))).Message, StringComparison.Ordinal);

        await one.WriteAsync("0.yaml", forActors);
        await OneSidecar.EventuallyAsync(() => IsStartedAsync("x"), "workflows with the store again");
        Assert.Equal("x", (await TurnAsync()).InstanceId);
        await channel.UnaryAsync(TaskHubMethods.RaiseEvent, new RaiseEventRequest { InstanceId = "w", Name = "go" }, Options);
        var turn = await TurnAsync();
        Assert.Equal(("w", "go"), (turn.InstanceId, Assert.Single(turn.NewEvents, happened => happened.EventRaised is not null).EventRaised.Name));
        await AnswerAsync("w", TaskHub.Complete());
        var end = await channel.UnaryAsync(TaskHubMethods.WaitForInstanceCompletion, new GetInstanceRequest { InstanceId = "w" }, Options);
        Assert.Equal(OrchestrationStatus.Completed, end.WorkflowState.WorkflowStatus);

        Task StartAsync(string id) => channel.UnaryAsync(
            TaskHubMethods.StartInstance,
            new CreateInstanceRequest { InstanceId = id, Name = "any", ScheduledStartTimestamp = new() { Seconds = 1 } },
            Options);

        async Task<bool> IsStartedAsync(string id)
        {
            try
            {
                await StartAsync(id);
                return true;
            }
            catch (RpcException refused) when (refused.Message.Contains(NoStore, StringComparison.Ordinal))
            {
                return false;
            }
        }

        async Task<WorkflowRequest> TurnAsync()
        {
            Assert.True(await items.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60), Stop), "the stream has ended");
            return items.Current.WorkflowRequest;
        }

        Task AnswerAsync(string id, params WorkflowAction[] actions) =>
            channel.UnaryAsync(TaskHubMethods.CompleteWorkflowTask, new WorkflowResponse { InstanceId = id, Actions = { actions } }, Options);

        static string Store(params (string Name, string Value)[] more) =>
            OneSidecar.Component("state", "state.sqlite", [("connectionString", "{folder}/state.db"), .. more]);
    }

    [Fact]
    public async Task Actors_leave_a_store_that_is_theirs_no_longer_and_come_up_when_it_is_again()
    {
        await using var app = await Actors.ActorApp.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await app.SendAsync("POST", "Cart/1/method/first")).StatusCode);

        await app.One.WriteAsync("0.yaml", OneSidecar.Component("state", "state.in-memory"));
        Assert.Equal("DELETE", (await app.SeenAsync("/actors/Cart/1")).Verb);
        await OneSidecar.EventuallyAsync(() => Task.FromResult(app.One.Sidecar.Metadata.ActorRuntime().Active.All(type => type.Count == 0)), "none active");
        var (status, code, _) = await app.FailAsync("GET", "Cart/1/state/x");
        Assert.Equal((HttpStatusCode.InternalServerError, "ERR_ACTOR_RUNTIME_NOT_FOUND"), (status, code));

        await app.One.WriteAsync("0.yaml", Actors.ActorApp.Store);
        // A call waits for the host of its actor for a while, though not for as long as a slow machine may need to see the change.
        await OneSidecar.EventuallyAsync(async () => (await app.SendAsync("POST", "Cart/1/method/second")).StatusCode == HttpStatusCode.OK, "the actors again");
        await app.SeenAsync("/method/second");
        Assert.Equal(HttpStatusCode.NoContent, (await app.SendAsync("GET", "Cart/1/state/x")).StatusCode);
    }

    [Fact]
    public async Task Actors_stay_where_they_are_when_their_store_is_changed_but_not_moved()
    {
        await using var app = await Actors.ActorApp.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await app.SendAsync("POST", "Cart/1/method/first")).StatusCode);

        await app.One.WriteAsync("0.yaml", OneSidecar.Component("state", "state.in-memory", ("actorStateStore", "true"), ("keyPrefix", "none")));
        await OneSidecar.EventuallyAsync(() => Task.FromResult(app.One.Sidecar.Components.All.Single().Metadata.Count == 2), "the change");

        Assert.Equal(HttpStatusCode.OK, (await app.SendAsync("POST", "Cart/1/method/second")).StatusCode);
        Assert.DoesNotContain(app.Calls, call => call.Verb == "DELETE");
    }
}
