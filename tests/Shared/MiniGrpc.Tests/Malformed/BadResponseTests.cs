using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using MiniGrpc.Tests.Echo;
using Xunit;

namespace MiniGrpc.Tests.Malformed;

/// <summary>What a client makes of a server that does not keep to the protocol.</summary>
public sealed class BadResponseTests
{
    private static readonly byte[] s_reply = RawCall.Frame(new Reply { Text = "x" });

    private CancellationToken Cancellation { get; } = Some.Patience();

    public static TheoryData<string, StatusCode, byte[]> Bodies => new()
    {
        { "no message", StatusCode.Internal, [] },
        { "half a prefix", StatusCode.Internal, [0, 0] },
        { "less than the prefix promises", StatusCode.Internal, RawCall.Frame(0, [10], length: 3) },
        { "more than the limit", StatusCode.ResourceExhausted, RawCall.Frame(0, [], length: uint.MaxValue) },
        { "two messages", StatusCode.Internal, [.. s_reply, .. s_reply] },
        { "a message and a half", StatusCode.Internal, [.. s_reply, 0] },
        { "a flag that means nothing", StatusCode.Internal, RawCall.Frame(7, []) },
        { "compressed without an encoding", StatusCode.Internal, RawCall.Frame(1, [1, 2, 3]) },
        { "no protobuf", StatusCode.Internal, RawCall.Frame(0, [10, 50, 65]) },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_malformed_answer_is_no_answer(string what, StatusCode expected, byte[] body)
    {
        await using var server = await ServingAsync(async response =>
        {
            response.ContentType = "application/grpc";
            await response.Body.WriteAsync(body);
            response.AppendTrailer("grpc-status", "0");
        });
        using var collect = server.Channel().ClientStreaming(EchoMethods.Collect);

        var unary = await Some.FailureOf(SayAsync(server));
        var client = await Some.FailureOf(collect.CompleteAsync(Cancellation));

        Assert.True(unary.StatusCode == expected, $"{what}: {unary.StatusCode} {unary.Detail}");
        Assert.True(client.StatusCode == expected, $"{what}: {client.StatusCode} {client.Detail}");
    }

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(415, StatusCode.Unknown)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(500, StatusCode.Unknown)]
    [InlineData(502, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.Unavailable)]
    public async Task An_answer_of_something_that_is_not_gRPC_gets_the_status_of_its_HTTP_code(int http, StatusCode expected)
    {
        await using var server = await ServingAsync(response =>
        {
            response.StatusCode = http;
            response.ContentType = "text/html";
            return response.WriteAsync("<h1>sorry</h1>");
        });

        Assert.Equal(expected, (await Some.FailureOf(SayAsync(server))).StatusCode);
    }

    [Fact]
    public async Task A_page_instead_of_an_answer_is_UNKNOWN_and_says_what_came()
    {
        await using var server = await ServingAsync(response =>
        {
            response.ContentType = "text/html";
            return response.WriteAsync("<h1>welcome</h1>");
        });

        var failure = await Some.FailureOf(SayAsync(server));

        Assert.Equal((StatusCode.Unknown, "The server answered with content type 'text/html'."), (failure.StatusCode, failure.Detail));
    }

    [Fact]
    public async Task An_answer_without_a_status_is_UNKNOWN_for_unary_and_stream()
    {
        await using var server = await ServingAsync(async response =>
        {
            response.ContentType = "application/grpc";
            await response.Body.WriteAsync(s_reply);
        });
        using var stream = server.Channel().ServerStreaming(EchoMethods.Expand, new Ask());

        Assert.Equal(StatusCode.Unknown, (await Some.FailureOf(SayAsync(server))).StatusCode);
        Assert.True(await stream.MoveNextAsync(Cancellation));
        Assert.Equal(StatusCode.Unknown, (await Some.FailureOf(stream.MoveNextAsync(Cancellation))).StatusCode);
    }

    [Theory]
    [InlineData("17")]
    [InlineData("-1")]
    [InlineData("five")]
    [InlineData("")]
    public async Task A_status_that_is_none_is_UNKNOWN_and_keeps_its_message(string status)
    {
        await using var server = await ServingAsync(response =>
        {
            response.ContentType = "application/grpc";
            response.Headers["grpc-status"] = status;
            response.Headers["grpc-message"] = "50%25 %zz %4";
            return Task.CompletedTask;
        });

        var failure = await Some.FailureOf(SayAsync(server));

        Assert.Equal((StatusCode.Unknown, "50% %zz %4"), (failure.StatusCode, failure.Detail));
    }

    [Fact]
    public async Task OK_in_the_headers_alone_ends_a_stream_and_fails_a_unary_call()
    {
        await using var server = await ServingAsync(response =>
        {
            response.ContentType = "application/grpc";
            response.Headers["grpc-status"] = "0";
            return Task.CompletedTask;
        });
        using var stream = server.Channel().ServerStreaming(EchoMethods.Expand, new Ask());

        Assert.False(await stream.MoveNextAsync(Cancellation));
        Assert.Equal(StatusCode.Internal, (await Some.FailureOf(SayAsync(server))).StatusCode);
    }

    [Fact]
    public async Task A_failure_after_half_a_message_is_the_failure_that_the_server_names()
    {
        await using var server = await ServingAsync(async response =>
        {
            response.ContentType = "application/grpc";
            await response.Body.WriteAsync(s_reply.AsMemory(0, 3));
            response.AppendTrailer("grpc-status", "10");
        });
        using var stream = server.Channel().ServerStreaming(EchoMethods.Expand, new Ask());

        Assert.Equal(StatusCode.Aborted, (await Some.FailureOf(SayAsync(server))).StatusCode);
        Assert.Equal(StatusCode.Aborted, (await Some.FailureOf(stream.MoveNextAsync(Cancellation))).StatusCode);
    }

    [Fact]
    public async Task An_encoding_that_was_not_offered_is_INTERNAL()
    {
        await using var server = await ServingAsync(async response =>
        {
            response.ContentType = "application/grpc";
            response.Headers["grpc-encoding"] = "br";
            await response.Body.WriteAsync(s_reply);
            response.AppendTrailer("grpc-status", "0");
        });

        Assert.Equal(StatusCode.Internal, (await Some.FailureOf(SayAsync(server))).StatusCode);
    }

    [Theory]
    [InlineData(0x1, StatusCode.Internal)]
    [InlineData(0x2, StatusCode.Internal)]
    [InlineData(0x7, StatusCode.Unavailable)]
    [InlineData(0x8, StatusCode.Cancelled)]
    [InlineData(0xb, StatusCode.ResourceExhausted)]
    [InlineData(0xc, StatusCode.PermissionDenied)]
    public async Task A_reset_has_the_status_of_its_code(int http2, StatusCode expected)
    {
        await using var server = await ServingAsync(response =>
        {
            response.HttpContext.Features.Get<IHttpResetFeature>()!.Reset(http2);
            return Task.CompletedTask;
        });

        Assert.Equal(expected, (await Some.FailureOf(SayAsync(server))).StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_that_is_reset_fails_before_and_after_its_first_message(bool afterMessage)
    {
        var arrived = new TaskCompletionSource();
        await using var server = await ServingAsync(async response =>
        {
            response.ContentType = "application/grpc";
            if (afterMessage)
            {
                await response.Body.WriteAsync(s_reply);
                await response.Body.FlushAsync();
                await arrived.Task;
            }

            response.HttpContext.Features.Get<IHttpResetFeature>()!.Reset(7);
        });
        using var stream = server.Channel().ServerStreaming(EchoMethods.Expand, new Ask());
        if (afterMessage)
        {
            Assert.True(await stream.MoveNextAsync(Cancellation));
        }

        arrived.SetResult();
        Assert.Equal(StatusCode.Unavailable, (await Some.FailureOf(stream.MoveNextAsync(Cancellation))).StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await Some.FailureOf(SayAsync(server))).StatusCode);
    }

    private Task<Reply> SayAsync(TestServer server) =>
        server.Channel().UnaryAsync(EchoMethods.Say, new Ask(), new() { Cancellation = Cancellation });

    private static Task<TestServer> ServingAsync(Func<HttpResponse, Task> answer) =>
        TestServer.StartAsync(app => app.MapPost("/minigrpc.echo.Echo/{method}", (HttpContext http) => answer(http.Response)));
}
