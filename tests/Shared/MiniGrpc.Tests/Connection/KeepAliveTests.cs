using MiniGrpc.Tests.Echo;
using Xunit;

namespace MiniGrpc.Tests.Connection;

public sealed class KeepAliveTests
{
    private CancellationToken Cancellation { get; } = Some.Patience();

    [Fact]
    public async Task A_connection_that_went_dead_is_noticed_and_replaced()
    {
        await using var server = await TestServer.StartAsync();
        await using var relay = new Relay(server.Address);
        using var channel = new GrpcChannel(relay.Address, Eager(TimeSpan.FromSeconds(8)));
        using var call = channel.Duplex(EchoMethods.Chat);
        await call.WriteAsync(new Ask(), cancellation: Cancellation);
        await call.ReadAsync(Cancellation);
        var reading = call.ReadAsync(Cancellation);
        var unary = channel.UnaryAsync(EchoMethods.Say, new Ask { Hang = true }, new() { Cancellation = Cancellation });
        await server.Echo.Hanging.ReadAsync(Cancellation);

        relay.GoDead();

        Assert.Equal(StatusCode.Unavailable, (await Some.FailureOf(reading)).StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await Some.FailureOf(unary)).StatusCode);
        Assert.Equal(
            "new", (await channel.UnaryAsync(EchoMethods.Say, new Ask { Text = "new" }, new() { Cancellation = Cancellation })).Text);
        Assert.Equal(2, relay.Connections);
    }

    [Fact]
    public async Task A_silent_call_is_kept_alive_by_pings_alone()
    {
        await using var server = await TestServer.StartAsync();
        await using var relay = new Relay(server.Address);
        using var channel = new GrpcChannel(relay.Address, Eager(TimeSpan.FromMinutes(1)));
        using var call = channel.Duplex(EchoMethods.Chat);
        await call.WriteAsync(new Ask { Text = "first" }, cancellation: Cancellation);
        await call.ReadAsync(Cancellation);

        var before = relay.FromClient;
        await Until.TrueAsync(() => relay.FromClient >= before + 3);

        await call.WriteAsync(new Ask { Text = "later" }, cancellation: Cancellation);
        Assert.Equal("later", (await call.ReadAsync(Cancellation)).Message!.Text);
        Assert.Equal(1, relay.Connections);
    }

    [Fact]
    public async Task A_server_that_pings_cancels_the_calls_of_a_client_that_went_dead()
    {
        await using var server = await TestServer.StartAsync(new TestServer.Setup
        {
            Kestrel = kestrel =>
            {
                kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(1);
                kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(1);
            },
        });
        await using var relay = new Relay(server.Address);
        using var channel = new GrpcChannel(relay.Address);
        using var stream = channel.ServerStreaming(EchoMethods.Expand, new Ask { Text = "lost", Hang = true });
        await server.Echo.Hanging.ReadAsync(Cancellation);

        relay.GoDead();

        Assert.Equal("lost", await server.Echo.Cancelled.ReadAsync(Cancellation));
    }

    /// <summary>Pings every second; what counts as dead must outlast a machine that stalls.</summary>
    private static GrpcChannelOptions Eager(TimeSpan timeout) => new() { KeepAlivePingDelay = TimeSpan.FromSeconds(1), KeepAlivePingTimeout = timeout };
}
