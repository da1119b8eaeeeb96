using System.Text;
using MiniGrpc.Tests.Echo;
using Xunit;

namespace MiniGrpc.Tests.Calls;

public sealed class MetadataTests
{
    private CancellationToken Cancellation { get; } = Some.Patience();

    [Fact]
    public async Task Texts_and_bytes_cross_in_both_directions()
    {
        await using var server = await TestServer.StartAsync();
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        var headers = new Metadata { { "Echo-Text", "a, b; c=\"d\" ~" }, { "echo-text", "second" }, { "echo-all-bin", all } };
        using var call = server.Channel().Duplex(EchoMethods.Chat, new() { Headers = headers, Cancellation = Cancellation });

        var received = await call.Headers;
        await call.CompleteAsync(Cancellation);
        Assert.False((await call.ReadAsync(Cancellation)).More);

        // Values of one name may be joined on their way: the protocol holds that for the same.
        Assert.Equal("a, b; c=\"d\" ~, second", Joined(received, "echo-text"));
        Assert.Equal(all, received.GetBinary("echo-all-bin"));
        Assert.Equal("a, b; c=\"d\" ~, second", Joined(call.Trailers, "trailing-echo-text"));
        Assert.Equal(all, call.Trailers.GetBinary("trailing-echo-all-bin"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Bytes_of_every_length_cross_without_padding(int length)
    {
        await using var server = await TestServer.StartAsync();
        var bytes = Some.Bytes(length).ToByteArray();
        var headers = new Metadata { { "echo-x-bin", bytes } };
        using var call = server.Channel().Duplex(EchoMethods.Chat, new() { Headers = headers, Cancellation = Cancellation });

        Assert.Equal(bytes, (await call.Headers).GetBinary("echo-x-bin"));
        Assert.DoesNotContain('=', headers.Get("echo-x-bin")!);
    }

    [Fact]
    public async Task A_unary_call_can_tell_its_headers_and_trailers()
    {
        await using var server = await TestServer.StartAsync();
        var options =
            new CallOptions { Headers = new() { { "echo-id", "7" }, { "echo-id-bin", new byte[] { 7 } } }, Cancellation = Cancellation };

        var answer = await server.Channel().UnaryWithMetadataAsync(EchoMethods.Say, new Ask { Text = "hi" }, options);

        Assert.Equal("hi", answer.Message.Text);
        Assert.Equal(("7", "7"), (answer.Headers.Get("echo-id"), answer.Trailers.Get("trailing-echo-id")));
        Assert.Equal(new byte[] { 7 }, answer.Trailers.GetBinary("trailing-echo-id-bin"));
    }

    [Fact]
    public async Task A_failed_call_brings_its_trailers_also_after_headers_were_sent()
    {
        await using var server = await TestServer.StartAsync();
        var options = new CallOptions { Headers = new() { { "echo-id", "8" } }, Cancellation = Cancellation };
        var ask = new Ask { Fail = new Failure { Code = 5, Message = "no such order" } };

        var failure = await Some.FailureOf(server.Channel().UnaryAsync(EchoMethods.Say, ask, options));

        Assert.Equal((StatusCode.NotFound, "no such order"), (failure.StatusCode, failure.Detail));
        Assert.Equal("8", failure.Trailers.Get("trailing-echo-id"));
    }

    [Fact]
    public async Task Headers_of_the_channel_go_with_every_call_before_the_calls_own()
    {
        await using var server = await TestServer.StartAsync();
        var channel = server.Channel(new() { Headers = new() { { "echo-who", "channel" } } });
        var options = new CallOptions { Headers = new() { { "echo-who", "call" } }, Cancellation = Cancellation };

        var answer = await channel.UnaryWithMetadataAsync(EchoMethods.Say, new Ask(), options);

        Assert.Equal("channel, call", Joined(answer.Headers, "echo-who"));
    }

    [Fact]
    public async Task What_belongs_to_the_protocol_is_neither_shown_nor_sent()
    {
        Metadata? seen = null;
        await using var server = await TestServer.StartAsync(app => app.MapUnary(EchoMethods.Say, (_, call) =>
        {
            seen = call.RequestHeaders;
            call.ResponseTrailers.Add("grpc-status", "9");
            return ValueTask.FromResult(new Reply { Text = "fine" });
        }));
        var options = new CallOptions
        {
            Headers = new() { { "grpc-timeout", "0n" }, { "content-type", "text/plain" }, { "te", "none" }, { "mine", "yes" } },
            Timeout = TimeSpan.FromMinutes(1),
            Cancellation = Cancellation,
        };

        var answer = await server.Channel().UnaryWithMetadataAsync(EchoMethods.Say, new Ask(), options);

        Assert.Equal("fine", answer.Message.Text);
        Assert.Empty(answer.Trailers);
        Assert.Equal("mine", Assert.Single(seen!, entry => entry.Key is not ("user-agent" or "traceparent")).Key);
    }

    [Fact]
    public async Task Bytes_joined_by_commas_are_several_values()
    {
        Metadata? seen = null;
        await using var server = await TestServer.StartAsync(app => app.MapUnary(EchoMethods.Say, (_, call) =>
        {
            seen = call.RequestHeaders;
            return ValueTask.FromResult(new Reply());
        }));

        await RawCall.PostAsync(server.Address, EchoMethods.Say.Path, RawCall.Frame(new Ask()), headers: ("two-bin", "AQ==, AgM"));

        Assert.Equal(["AQ==", "AgM"], seen!.Where(entry => entry.Key == "two-bin").Select(entry => entry.Value));
        Assert.Equal(new byte[] { 1 }, seen!.GetBinary("two-bin"));
    }

    [Fact]
    public async Task Bytes_that_are_no_ASCII_pass_as_they_came()
    {
        var setup = new TestServer.Setup
        {
            Kestrel = kestrel =>
            {
                kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
                kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
            },
        };
        await using var server = await TestServer.StartAsync(
            app => app.MapUnary(EchoMethods.Say, (_, call) =>
            {
                call.Http.Response.Headers["odd"] = call.RequestHeaders.Get("odd");
                return ValueTask.FromResult(new Reply());
            }),
            setup);
        var headers = new Metadata();
        headers.AddReceived("odd", "caf\u00e9 caf\u00c3\u00a9");

        var answer = await server.Channel().UnaryWithMetadataAsync(EchoMethods.Say, new Ask(), new() { Headers = headers, Cancellation = Cancellation });

        Assert.Equal("caf\u00e9 caf\u00c3\u00a9", answer.Headers.Get("odd"));
    }

    [Theory]
    [InlineData("", "x")]
    [InlineData("with blank", "x")]
    [InlineData("ünicode", "x")]
    [InlineData("name:", "x")]
    [InlineData("bytes-bin", "x")]
    [InlineData("name", "ü")]
    [InlineData("name", "line\r\nother: header")]
    [InlineData("name", "tab\t")]
    public void What_cannot_travel_is_refused_when_it_is_added(string name, string value)
    {
        var metadata = new Metadata();

        Assert.ThrowsAny<ArgumentException>(() => metadata.Add(name, value));
        Assert.False(metadata.TryAdd(name, value));
        Assert.Equal(0, metadata.Count);
    }

    [Fact]
    public void Bytes_need_a_name_that_says_so()
    {
        Assert.Throws<ArgumentException>(() => new Metadata().Add("name", new byte[] { 1 }));
    }

    [Fact]
    public void What_is_no_base64_has_no_bytes()
    {
        var metadata = new Metadata();
        metadata.AddReceived("x-bin", "!");

        Assert.Null(metadata.GetBinary("x-bin"));
        Assert.Null(metadata.GetBinary("absent-bin"));
        Assert.Equal("!", metadata.Get("X-Bin"));
    }

    private static string Joined(Metadata metadata, string name) =>
        string.Join(", ", metadata.Where(entry => entry.Key == name).Select(entry => entry.Value));
}
