using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using MiniGrpc.Tests.Echo;
using Xunit;

namespace MiniGrpc.Tests.Malformed;

/// <summary>What a server answers to a client that does not keep to the protocol.</summary>
public sealed class BadRequestTests
{
    private CancellationToken Cancellation { get; } = Some.Patience();

    public static TheoryData<string, byte[]> Bodies => new()
    {
        { "no message", [] },
        { "half a prefix", [0, 0, 0] },
        { "less than the prefix promises", RawCall.Frame(0, [10, 1, 65], length: 4) },
        { "two messages", [.. RawCall.Frame(new Ask()), .. RawCall.Frame(new Ask())] },
        { "a message and a half", [.. RawCall.Frame(new Ask()), 0, 0] },
        { "a flag that means nothing", RawCall.Frame(2, []) },
        { "a flag that means nothing, long after the first", RawCall.Frame(255, new byte[100]) },
        { "a field that ends early", RawCall.Frame(0, [10, 50, 65]) },
        { "a tag that is none", RawCall.Frame(0, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]) },
        { "a text that is no UTF-8 wire type", RawCall.Frame(0, [15, 1]) },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_malformed_request_is_INTERNAL(string what, byte[] body)
    {
        using var logs = new RecordedLogs();
        await using var server = await TestServer.StartAsync(new TestServer.Setup { Logs = logs });

        var unary = await RawCall.PostAsync(server.Address, EchoMethods.Say.Path, body);
        var stream = await RawCall.PostAsync(server.Address, EchoMethods.Expand.Path, body);

        Assert.True(unary.Status == StatusCode.Internal, $"{what}: {unary.Status}");
        Assert.True(stream.Status == StatusCode.Internal, $"{what}: {stream.Status}");
        Assert.Empty(logs.Errors);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_within_a_message_fails_after_the_whole_ones()
    {
        await using var server = await TestServer.StartAsync();
        byte[] body = [.. RawCall.Frame(new Ask { Text = "whole" }), .. RawCall.Frame(0, [1], length: 9)];

        var answer = await RawCall.PostAsync(server.Address, EchoMethods.Chat.Path, body);

        Assert.Equal(RawCall.Frame(new Reply { Text = "whole" }), answer.Body);
        Assert.Equal(StatusCode.Internal, answer.Status);
        Assert.Contains("grpc-status", answer.Trailers.Keys);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/grpc-web")]
    [InlineData("application/grpc-web+proto")]
    [InlineData("application/grpc+json")]
    [InlineData("application/grpcx")]
    [InlineData("")]
    public async Task Another_content_type_is_415(string contentType)
    {
        await using var server = await TestServer.StartAsync();

        var answer = await RawCall.PostAsync(server.Address, EchoMethods.Say.Path, RawCall.Frame(new Ask()), contentType);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.Http);
        Assert.Null(answer.Status);
    }

    [Theory]
    [InlineData("application/grpc")]
    [InlineData("application/grpc+proto")]
    [InlineData("Application/GRPC")]
    [InlineData("application/grpc; charset=utf-8")]
    [InlineData("application/grpc+proto;v=1")]
    public async Task Every_spelling_of_the_content_type_is_served(string contentType)
    {
        await using var server = await TestServer.StartAsync();

        var answer = await RawCall.PostAsync(server.Address, EchoMethods.Say.Path, RawCall.Frame(new Ask()), contentType);

        Assert.Equal(StatusCode.OK, answer.Status);
    }

    [Fact]
    public async Task HTTP_1_has_no_room_for_a_status_and_is_told_to_upgrade()
    {
        await using var server = await TestServer.StartAsync(new TestServer.Setup { Protocols = HttpProtocols.Http1 });
        using var http = new HttpClient();
        using var content = new ByteArrayContent(RawCall.Frame(new Ask()));
        content.Headers.ContentType = new("application/grpc");

        using var response = await http.PostAsync(new Uri(server.Address, EchoMethods.Say.Path), content, Cancellation);

        Assert.Equal(HttpStatusCode.UpgradeRequired, response.StatusCode);
    }

    [Fact]
    public async Task A_server_goes_on_serving_the_connection_that_sent_nonsense()
    {
        await using var server = await TestServer.StartAsync();
        using var handler = new SocketsHttpHandler();
        var channel = server.Channel(new() { Handler = handler });
        using var http = new HttpMessageInvoker(handler, disposeHandler: false);
        using var nonsense = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address, EchoMethods.Chat.Path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([9, 9, 9, 9, 9, 9, 9]),
        };
        nonsense.Content.Headers.ContentType = new("application/grpc");

        (await http.SendAsync(nonsense, Cancellation)).Dispose();

        Assert.Equal(
            "ok", (await channel.UnaryAsync(EchoMethods.Say, new Ask { Text = "ok" }, new() { Cancellation = Cancellation })).Text);
    }
}
