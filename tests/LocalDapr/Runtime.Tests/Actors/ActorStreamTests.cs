using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using LocalDapr.Runtime.Actors;
using LocalDapr.Runtime.Actors.Hosting;
using LocalDapr.Runtime.Invocation;
using MiniGrpc;
using Xunit;
using ActorTimer = LocalDapr.Runtime.Actors.Timers.ActorTimer;
using Answer = Dapr.Protocol.Runtime.V1.SubscribeActorEventsRequestAlpha1;
using Reminder = LocalDapr.Runtime.Actors.Reminders.Reminder;
using Event = Dapr.Protocol.Runtime.V1.SubscribeActorEventsResponseAlpha1;

namespace LocalDapr.Runtime.Tests.Actors;

/// <summary>An app that hosts actors over a stream, at the edges of the protocol.</summary>
public sealed class ActorStreamTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_app_that_names_no_types_is_welcome_and_hosts_nothing()
    {
        await using var one = await StartAsync();
        using var app = new App(one, new());

        Assert.NotNull((await app.NextAsync()).InitialResponse);
        Assert.Empty(one.Sidecar.Metadata.ActorRuntime!().Active);
    }

    [Fact]
    public async Task A_second_initial_message_is_not_looked_at()
    {
        await using var one = await StartAsync();
        using var app = new App(one, new() { Entities = { "Cart" } });
        Assert.NotNull((await app.NextAsync()).InitialResponse);

        await app.SendAsync(new Answer { InitialRequest = new() { Entities = { "Other" } } });
        var call = app.Channel.UnaryAsync(
            DaprMethods.InvokeActor, new InvokeActorRequest { ActorType = "Cart", ActorId = "1", Method = "m" }, new CallOptions { Cancellation = Stop });

        var invoked = (await app.NextAsync()).InvokeRequest;
        Assert.Equal(("Cart", "1", "m"), (invoked.ActorType, invoked.ActorId, invoked.Method));
        await app.SendAsync(new Answer { InvokeResponse = new() { Id = invoked.Id } });
        await call;
    }

    [Fact]
    public async Task Of_two_streams_that_name_a_type_the_newer_one_has_all_its_actors_and_the_older_one_has_them_again_when_it_is_closed()
    {
        await using var one = await StartAsync();
        using var old = new App(one, new() { Entities = { "Cart" } });
        Assert.NotNull((await old.NextAsync()).InitialResponse);
        await CallsAsync(old, via: old);

        using (var young = new App(one, new() { Entities = { "Cart" } }))
        {
            Assert.NotNull((await young.NextAsync()).InitialResponse);
            for (var left = 8; left > 0; left--)
            {
                var ended = (await old.NextAsync()).DeactivateRequest;
                await old.SendAsync(new Answer { DeactivateResponse = new() { Id = ended.Id } });
            }
            await CallsAsync(young, via: old);
            await young.CloseAsync();
        }

        await OneSidecar.EventuallyAsync(() => Task.FromResult(one.Sidecar.Metadata.ActorRuntime!().Active is [{ Type: "Cart" }]), "one stream again");
        await CallsAsync(old, via: old);

        static async Task CallsAsync(App app, App via)
        {
            var calls = Enumerable.Range(0, 8).Select(i => via.CallAsync($"{i}")).ToList();
            for (var left = calls.Count; left > 0; left--)
                await app.SendAsync(new Answer { InvokeResponse = new() { Id = (await app.NextAsync()).InvokeRequest.Id } });
            await Task.WhenAll(calls);
        }
    }

    [Fact]
    public async Task Without_a_store_an_app_may_keep_its_stream_and_hosts_nothing()
    {
        await using var one = await OneSidecar.StartAsync();
        using var app = new App(one, new() { Entities = { "Cart" } });

        Assert.NotNull((await app.NextAsync()).InitialResponse);

        var runtime = one.Sidecar.Metadata.ActorRuntime!();
        Assert.Equal(("RUNNING", true, "placement: connected"), (runtime.Status, runtime.HostReady, runtime.Placement));
        Assert.Equal([("Cart", 0)], runtime.Active.Select(active => (active.Type, active.Count)));
        var error = await Assert.ThrowsAsync<RpcException>(() => app.CallAsync("1"));
        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
    }

    [Fact]
    public async Task The_actors_of_a_stream_come_up_with_a_store_that_comes_after_it_and_go_with_it()
    {
        await using var one = await OneSidecar.StartAsync();
        using var app = new App(one, new() { Entities = { "Cart" } });
        Assert.NotNull((await app.NextAsync()).InitialResponse);

        await one.WriteAsync("store.yaml", OneSidecar.Component("state", "state.in-memory", ("actorStateStore", "true")));
        var call = app.CallAsync("1"); // it is waited for
        await app.SendAsync(new Answer { InvokeResponse = new() { Id = (await app.NextAsync()).InvokeRequest.Id } });
        await call;
        one.Remove("store.yaml");

        var ended = (await app.NextAsync()).DeactivateRequest;
        Assert.Equal(("Cart", "1"), (ended.ActorType, ended.ActorId));
        await app.SendAsync(new Answer { DeactivateResponse = new() { Id = ended.Id } });
    }

    [Fact]
    public async Task When_the_stream_has_ended_the_types_of_the_app_are_waited_for()
    {
        await using var one = await StartAsync();
        using var app = new App(one, new() { Entities = { "Cart" } });
        Assert.NotNull((await app.NextAsync()).InitialResponse);

        await app.CloseAsync();

        await OneSidecar.EventuallyAsync(
            () => Task.FromResult(one.Sidecar.Metadata.ActorRuntime!() is { Status: "INITIALIZING", HostReady: false, Active: [] }), "INITIALIZING");
        using var again = new App(one, new() { Entities = { "Cart" } });
        Assert.NotNull((await again.NextAsync()).InitialResponse);
        Assert.Equal("RUNNING", one.Sidecar.Metadata.ActorRuntime!().Status);
    }

    [Fact]
    public async Task A_timer_outlives_the_stream_it_was_registered_beside()
    {
        await using var one = await StartAsync();
        using (var app = new App(one, new() { Entities = { "Cart" } }))
        {
            Assert.NotNull((await app.NextAsync()).InitialResponse);
            var timer = new RegisterActorTimerRequest { ActorType = "Cart", ActorId = "1", Name = "t", DueTime = "1s", Period = "100ms" };
            await app.Channel.UnaryAsync(DaprMethods.RegisterActorTimer, timer, new CallOptions { Cancellation = Stop });
            await app.CloseAsync();
        }

        using var again = new App(one, new() { Entities = { "Cart" } });
        Assert.NotNull((await again.NextAsync()).InitialResponse);

        for (var left = 2; left > 0; left--)
        {
            var fired = (await again.NextAsync()).TimerRequest;
            Assert.Equal(("Cart", "1", "t"), (fired.ActorType, fired.ActorId, fired.Name));
            await again.SendAsync(new Answer { TimerResponse = new() { Id = fired.Id } });
        }
    }

    [Fact]
    public async Task An_answer_of_another_kind_fails_the_call()
    {
        await using var one = await StartAsync();
        using var app = new App(one, new() { Entities = { "Cart" } });
        Assert.NotNull((await app.NextAsync()).InitialResponse);

        var call = app.CallAsync("1");
        await app.SendAsync(new Answer { ReminderResponse = new() { Id = (await app.NextAsync()).InvokeRequest.Id } });

        var error = await Assert.ThrowsAsync<RpcException>(() => call);
        Assert.Equal("error invoke actor method: actor host returned an unexpected response type for invoke", error.Detail);
    }

    [Fact]
    public async Task An_app_that_has_ended_its_stream_is_not_waited_for_at_a_port()
    {
        await using var one = await StartAsync();
        var actors = new ActorBlock(one.Sidecar);
        var types = new ActorTypes(new Dictionary<string, ActorTypeOptions> { ["Cart"] = ActorTypeOptions.Default });
        await actors.Hosts.OpenAsync(new Stream(IsOpen: true), types);
        await actors.Hosts.OpenAsync(new Stream(IsOpen: false), types);

        Assert.Equal(200, (await actors.InvokeAsync(new ActorCall(new("Cart", "1"), "m"), Stop)).Status);

        await actors.StopAsync(Stop);
    }

    private static Task<OneSidecar> StartAsync() =>
        OneSidecar.StartAsync(resources: OneSidecar.Component("state", "state.in-memory", ("actorStateStore", "true")));

    /// <summary>The sidecar's end of a stream.</summary>
    private sealed record Stream(bool IsOpen) : IActorApp
    {
        public bool ComesBackToItsPort => false;

        public Task<AppResponse> InvokeAsync(ActorCall call, string? chain, CancellationToken cancellation) =>
            IsOpen ? Task.FromResult(new AppResponse(200, default, null)) : throw new ActorAppGoneException("ended");

        public Task<Firing> RemindAsync(Reminder reminder, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<Firing> FireTimerAsync(ActorTimer timer, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<bool> DeactivateAsync(ActorKey actor, CancellationToken cancellation) => Task.FromResult(true);
    }

    private sealed class App : IDisposable
    {
        private readonly DuplexCall<Answer, Event> _stream;
        private readonly IAsyncEnumerator<Event> _events;
        private readonly Task _sent;

        public App(OneSidecar one, SubscribeActorEventsRequestInitialAlpha1 initial)
        {
            Channel = one.OpenGrpc();
            _stream = Channel.Duplex(DaprMethods.SubscribeActorEventsAlpha1, new CallOptions { Cancellation = Stop });
            _events = _stream.ReadAllAsync(Stop).GetAsyncEnumerator(Stop);
            _sent = SendAsync(new Answer { InitialRequest = initial });
        }

        public GrpcChannel Channel { get; }

        public async Task SendAsync(Answer answer) => await _stream.WriteAsync(answer, cancellation: Stop);

        public Task CallAsync(string actor) => Channel.UnaryAsync(
            DaprMethods.InvokeActor, new InvokeActorRequest { ActorType = "Cart", ActorId = actor, Method = "m" }, new CallOptions { Cancellation = Stop });

        public Task CloseAsync() => _stream.CompleteAsync();

        public async Task<Event> NextAsync()
        {
            await _sent;
            Assert.True(await _events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60), Stop), "the stream has ended");
            return _events.Current;
        }

        public void Dispose()
        {
            _stream.Dispose();
            Channel.Dispose();
        }
    }
}
