using MiniGrpc.Tests.Echo;
using Xunit;

namespace MiniGrpc.Tests.Connection;

public sealed class TlsTests
{
    private CancellationToken Cancellation { get; } = Some.Patience();

    private CallOptions Options => new() { Cancellation = Cancellation };

    [Fact]
    public async Task Calls_and_streams_go_through_TLS()
    {
        using var certificate = TestCertificate.Create();
        await using var server = await TestServer.StartAsync(new TestServer.Setup { Certificate = certificate.WithKey });
        var channel = server.Channel(new() { Tls = certificate.Trusted });
        using var chat = channel.Duplex(EchoMethods.Chat, Options);

        Assert.Equal("https", server.Address.Scheme);
        Assert.Equal("a", (await channel.UnaryAsync(EchoMethods.Say, new Ask { Text = "a" }, Options)).Text);
        await chat.WriteAsync(new Ask { Text = "b", Payload = Some.Bytes(1_000_000) }, cancellation: Cancellation);
        Assert.Equal(1_000_000, (await chat.ReadAsync(Cancellation)).Message!.Payload.Length);
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_UNAVAILABLE()
    {
        using var certificate = TestCertificate.Create();
        await using var server = await TestServer.StartAsync(new TestServer.Setup { Certificate = certificate.WithKey });

        var failure = await Some.FailureOf(server.Channel().UnaryAsync(EchoMethods.Say, new Ask(), Options));

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
    }

    [Fact]
    public async Task A_server_without_TLS_is_UNAVAILABLE_to_a_client_that_wants_it()
    {
        await using var server = await TestServer.StartAsync();
        using var channel = new GrpcChannel(new UriBuilder(server.Address) { Scheme = "https" }.Uri);

        Assert.Equal(StatusCode.Unavailable, (await Some.FailureOf(channel.UnaryAsync(EchoMethods.Say, new Ask(), Options))).StatusCode);
    }

    [Fact]
    public void Another_scheme_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new GrpcChannel(new Uri("ftp://localhost")));
    }
}
