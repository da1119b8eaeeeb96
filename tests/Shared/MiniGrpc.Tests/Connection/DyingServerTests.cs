using System.Net.Sockets;
using MiniGrpc.Tests.Echo;
using Xunit;

namespace MiniGrpc.Tests.Connection;

/// <summary>A process that is killed resets the connections that its listener had taken: some at the very moment they are made.</summary>
public sealed class DyingServerTests
{
    private const int Calls = 2_000;

    private CancellationToken Cancellation { get; } = Some.Patience();

    [Fact]
    public async Task A_connection_that_is_reset_as_it_is_made_is_a_server_that_is_unavailable()
    {
        using var dying = new DyingServer();

        await Parallel.ForAsync(0, Calls, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancellation }, async (call, cancellation) =>
        {
            using var channel = new GrpcChannel(dying.Address);
            using var stream = channel.ServerStreaming(EchoMethods.Expand, new Ask());
            var failure = await Assert.ThrowsAsync<RpcException>(() => call % 2 == 0
                ? channel.UnaryAsync(EchoMethods.Say, new Ask())
                : stream.MoveNextAsync(cancellation).AsTask());
            Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        });
    }

    [Fact]
    public async Task A_bare_failure_of_the_socket_is_a_server_that_is_unavailable()
    {
        using var handler = new FailingHandler();
        using var channel = new GrpcChannel(new Uri("http://127.0.0.1:1"), new GrpcChannelOptions { Handler = handler });
        using var stream = channel.ServerStreaming(EchoMethods.Expand, new Ask());

        Assert.Equal(StatusCode.Unavailable, (await Some.FailureOf(channel.UnaryAsync(EchoMethods.Say, new Ask()))).StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await Some.FailureOf(stream.MoveNextAsync(Cancellation))).StatusCode);
    }

    private sealed class FailingHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new SocketException((int)SocketError.NotConnected);
    }
}
