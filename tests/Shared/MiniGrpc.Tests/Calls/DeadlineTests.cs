using System.Net;
using System.Net.Sockets;
using MiniGrpc.Tests.Echo;
using Xunit;

namespace MiniGrpc.Tests.Calls;

public sealed class DeadlineTests
{
    // Long enough to reach the handler of a warm channel on a busy machine.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(6);

    private CancellationToken Cancellation { get; } = Some.Patience();

    private CallOptions Options => new() { Cancellation = Cancellation, Timeout = Soon };

    [Fact]
    public async Task A_unary_call_past_its_deadline_ends_at_both_ends()
    {
        await using var server = await TestServer.StartAsync();

        var channel = await WarmAsync(server);

        var failure = await Some.FailureOf(channel.UnaryAsync(EchoMethods.Say, new Ask { Text = "late", Hang = true }, Options));

        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
        Assert.Equal("late", await server.Echo.Cancelled.ReadAsync(Cancellation));
    }

    [Fact]
    public async Task A_server_stream_past_its_deadline_ends_after_the_messages_it_brought()
    {
        await using var server = await TestServer.StartAsync();
        var channel = await WarmAsync(server);
        using var call = channel.ServerStreaming(EchoMethods.Expand, new Ask { Times = 3, Hang = true }, Options);

        for (var i = 0; i < 3; i++)
        {
            Assert.True(await call.MoveNextAsync(Cancellation));
        }

        Assert.Equal(StatusCode.DeadlineExceeded, (await Some.FailureOf(call.MoveNextAsync(Cancellation))).StatusCode);
        await server.Echo.Cancelled.ReadAsync(Cancellation);
    }

    [Fact]
    public async Task A_client_stream_past_its_deadline_ends_though_the_client_never_completed_it()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Channel().ClientStreaming(EchoMethods.Collect, Options);

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (true)
            {
                await call.WriteAsync(new Ask { Payload = Some.Bytes(1000) }, cancellation: Cancellation);
            }
        });

        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
        Assert.Equal(StatusCode.DeadlineExceeded, (await Some.FailureOf(call.CompleteAsync(Cancellation))).StatusCode);
    }

    [Fact]
    public async Task A_duplex_call_past_its_deadline_ends_for_its_reader_and_its_writer()
    {
        await using var server = await TestServer.StartAsync();
        var channel = await WarmAsync(server);
        using var call = channel.Duplex(EchoMethods.Chat, Options);
        await call.WriteAsync(new Ask { Text = "both", Hang = true }, cancellation: Cancellation);

        var failure = await Some.FailureOf(call.ReadAsync(Cancellation));

        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
        Assert.Equal("both", await server.Echo.Cancelled.ReadAsync(Cancellation));
        Assert.Equal(
            StatusCode.DeadlineExceeded, (await Some.FailureOf(call.WriteAsync(new Ask(), cancellation: Cancellation))).StatusCode);
    }

    [Fact]
    public async Task The_handler_knows_the_deadline()
    {
        await using var server = await TestServer.StartAsync();
        var channel = server.Channel();

        var with = await channel.UnaryAsync(EchoMethods.Say, new Ask(), Options with { Timeout = TimeSpan.FromMinutes(1) });
        var without = await channel.UnaryAsync(EchoMethods.Say, new Ask(), Options with { Timeout = null });

        Assert.InRange(with.RemainingMs, 1, 60_000);
        Assert.Equal(0, without.RemainingMs);
    }

    [Theory]
    [InlineData("20m")]
    [InlineData("20000u")]
    [InlineData("20000000n")]
    [InlineData("1n")]
    [InlineData("0S")]
    public async Task The_server_ends_a_call_by_itself_when_the_client_does_not(string timeout)
    {
        await using var server = await TestServer.StartAsync();

        var answer = await RawCall.PostAsync(
            server.Address, EchoMethods.Say.Path, RawCall.Frame(new Ask { Hang = true }), headers: ("grpc-timeout", timeout));

        Assert.Equal(StatusCode.DeadlineExceeded, answer.Status);
    }

    [Theory]
    [InlineData("20")]
    [InlineData("m")]
    [InlineData("")]
    [InlineData("-1S")]
    [InlineData("1.5S")]
    [InlineData("123456789S")]
    [InlineData("10s")]
    public async Task A_timeout_that_is_none_is_refused_rather_than_ignored(string timeout)
    {
        await using var server = await TestServer.StartAsync();

        var answer =
            await RawCall.PostAsync(server.Address, EchoMethods.Say.Path, RawCall.Frame(new Ask()), headers: ("grpc-timeout", timeout));

        Assert.Equal(StatusCode.Internal, answer.Status);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public async Task A_deadline_in_the_past_ends_the_call_at_once(int seconds)
    {
        await using var server = await TestServer.StartAsync();
        var options = Options with { Timeout = TimeSpan.FromSeconds(seconds) };

        var failure = await Some.FailureOf(server.Channel().UnaryAsync(EchoMethods.Say, new Ask { Hang = true }, options));

        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
    }

    [Fact]
    public async Task A_deadline_as_far_as_one_can_name_is_no_deadline_in_practice()
    {
        await using var server = await TestServer.StartAsync();

        var reply =
            await server.Channel().UnaryAsync(EchoMethods.Say, new Ask { Text = "ever" }, Options with { Timeout = TimeSpan.MaxValue });

        Assert.Equal("ever", reply.Text);
    }

    [Fact]
    public async Task A_peer_that_accepts_and_never_speaks_does_not_hold_the_call()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var channel = new GrpcChannel(new Uri($"http://{silent.LocalEndpoint}"));

        var failure = await Some.FailureOf(channel.UnaryAsync(EchoMethods.Say, new Ask(), Options));

        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
    }

    [Fact]
    public async Task A_handler_that_waits_on_a_token_of_its_own_is_still_ended_by_the_deadline()
    {
        using var own = new CancellationTokenSource();
        await using var server = await TestServer.StartAsync(app => app.MapDuplex(EchoMethods.Chat, async (asks, replies, call) =>
        {
            await replies.WriteAsync(new Reply(), cancellation: own.Token);
            await asks.ReadAsync(own.Token);
        }));

        using var call = server.Channel(new() { TimeProvider = new SlowClock() }).Duplex(EchoMethods.Chat, Options);
        Assert.True((await call.ReadAsync(Cancellation)).More);
        var failure = await Some.FailureOf(call.ReadAsync(Cancellation));

        Assert.Equal((StatusCode.DeadlineExceeded, "The deadline passed."), (failure.StatusCode, failure.Detail));
    }

    private async Task<GrpcChannel> WarmAsync(TestServer server)
    {
        var channel = server.Channel();
        await channel.UnaryAsync(EchoMethods.Say, new Ask(), new() { Cancellation = Cancellation });
        return channel;
    }

    /// <summary>A client whose timers never fire: what ends the call is the server.</summary>
    private sealed class SlowClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period);
    }
}
