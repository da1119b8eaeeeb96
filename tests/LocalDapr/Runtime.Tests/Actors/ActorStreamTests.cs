using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using MiniGrpc;
using Xunit;
using Answer = Dapr.Protocol.Runtime.V1.SubscribeActorEventsRequestAlpha1;
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

    private static Task<OneSidecar> StartAsync() =>
        OneSidecar.StartAsync(resources: OneSidecar.Component("state", "state.in-memory", ("actorStateStore", "true")));

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
