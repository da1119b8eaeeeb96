using Google.Protobuf;
using MiniGrpc.Tests.Echo;
using Xunit;

namespace MiniGrpc.Tests.Calls;

public sealed class StatusTests
{
    private CancellationToken Cancellation { get; } = Some.Patience();

    private CallOptions Options => new() { Cancellation = Cancellation };

    public static TheoryData<StatusCode> Failures => [.. Enum.GetValues<StatusCode>().Where(code => code != StatusCode.OK)];

    public static TheoryData<string> Messages =>
    [
        "", "plain", " blanks at both ends ", "100% sure, %41 is no escape", "grüße — 日本語 🎉", "line\nbreak\r\n\ttab\0nul\u007f",
        new string('x', 8000),
    ];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Every_code_crosses_for_every_kind_of_call(StatusCode code)
    {
        await using var server = await TestServer.StartAsync();
        var channel = server.Channel();
        var ask = new Ask { Fail = new Failure { Code = (int)code, Message = "no" } };
        using var stream = channel.ServerStreaming(EchoMethods.Expand, ask, Options);
        using var collect = channel.ClientStreaming(EchoMethods.Collect, Options);
        using var chat = channel.Duplex(EchoMethods.Chat, Options);
        await collect.WriteAsync(ask, cancellation: Cancellation);
        await chat.WriteAsync(ask, cancellation: Cancellation);

        RpcException[] failures =
        [
            await Some.FailureOf(channel.UnaryAsync(EchoMethods.Say, ask, Options)),
            await Some.FailureOf(stream.MoveNextAsync(Cancellation)),
            await Some.FailureOf(collect.CompleteAsync(Cancellation)),
            await Some.FailureOf(chat.ReadAsync(Cancellation)),
        ];

        Assert.All(failures, failure => Assert.Equal((code, "no"), (failure.StatusCode, failure.Detail)));
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public async Task Every_text_crosses_as_a_status_message(string message)
    {
        await using var server = await TestServer.StartAsync();
        var channel = server.Channel();
        var ask = new Ask { Times = 1, Fail = new Failure { Code = 9, Message = message } };
        using var stream = channel.ServerStreaming(EchoMethods.Expand, ask, Options);

        var inHeaders = await Some.FailureOf(channel.UnaryAsync(EchoMethods.Say, ask, Options));
        Assert.True(await stream.MoveNextAsync(Cancellation));
        var inTrailers = await Some.FailureOf(stream.MoveNextAsync(Cancellation));

        Assert.Equal(message, inHeaders.Detail);
        Assert.Equal(message, inTrailers.Detail);
    }

    [Fact]
    public async Task A_failure_before_the_first_message_is_headers_alone_and_percent_encoded()
    {
        await using var server = await TestServer.StartAsync();
        var ask = new Ask { Fail = new Failure { Code = 5, Message = "50 % weg: ä\n" } };

        var answer = await RawCall.PostAsync(server.Address, EchoMethods.Say.Path, RawCall.Frame(ask));

        Assert.Equal(System.Net.HttpStatusCode.OK, answer.Http);
        Assert.Equal(("5", "50 %25 weg: %C3%A4%0A"), (answer.Headers["grpc-status"], answer.Headers["grpc-message"]));
        Assert.Empty(answer.Body);
        Assert.Empty(answer.Trailers);
    }

    [Fact]
    public async Task Messages_that_were_not_flushed_still_come_before_the_failure_that_follows_them()
    {
        await using var server = await TestServer.StartAsync(app => app.MapServerStreaming(EchoMethods.Expand, async (ask, replies, _) =>
        {
            for (var i = 0; i < ask.Times; i++)
            {
                await replies.WriteAsync(new Reply { Number = i }, flush: false);
            }

            throw new RpcException(StatusCode.DataLoss, "that was all");
        }));
        using var stream = server.Channel().ServerStreaming(EchoMethods.Expand, new Ask { Times = 20_000 }, Options);

        for (var i = 0; i < 20_000; i++)
        {
            Assert.True(await stream.MoveNextAsync(Cancellation));
            Assert.Equal(i, stream.Current.Number);
        }

        Assert.Equal(StatusCode.DataLoss, (await Some.FailureOf(stream.MoveNextAsync(Cancellation))).StatusCode);
    }

    [Fact]
    public async Task An_answer_has_its_status_in_the_trailers()
    {
        await using var server = await TestServer.StartAsync();

        var answer = await RawCall.PostAsync(server.Address, EchoMethods.Say.Path, RawCall.Frame(new Ask { Text = "x" }));

        Assert.DoesNotContain("grpc-status", answer.Headers.Keys);
        Assert.Equal("0", answer.Trailers["grpc-status"]);
        Assert.DoesNotContain("grpc-message", answer.Trailers.Keys);
        Assert.Equal(RawCall.Frame(new Reply { Text = "x" }), answer.Body);
    }

    [Fact]
    public async Task The_details_of_an_error_cross_as_bytes()
    {
        await using var server = await TestServer.StartAsync();
        var details = Some.Bytes(100);
        var ask = new Ask { Times = 1, Fail = new Failure { Code = 3, Message = "bad", Details = details } };
        using var stream = server.Channel().ServerStreaming(EchoMethods.Expand, ask, Options);
        await stream.MoveNextAsync(Cancellation);

        RpcException[] failures =
        [
            await Some.FailureOf(server.Channel().UnaryAsync(EchoMethods.Say, ask, Options)),
            await Some.FailureOf(stream.MoveNextAsync(Cancellation)),
        ];

        Assert.All(failures, failure => Assert.Equal(details, ByteString.CopyFrom(failure.Trailers.GetBinary("grpc-status-details-bin"))));
    }

    [Fact]
    public async Task Details_may_be_long()
    {
        await using var server = await TestServer.StartAsync();
        var details = Some.Bytes(200_000);
        var ask = new Ask { Fail = new Failure { Code = 3, Message = "bad", Details = details } };

        var failure = await Some.FailureOf(server.Channel().UnaryAsync(EchoMethods.Say, ask, Options));

        Assert.Equal(details, ByteString.CopyFrom(failure.Trailers.GetBinary("grpc-status-details-bin")));
    }

    [Fact]
    public async Task An_unexpected_exception_is_UNKNOWN_with_its_message_and_is_logged_once()
    {
        using var logs = new RecordedLogs();
        await using var server = await TestServer.StartAsync(
            app => app.MapUnary<Ask, Reply>(EchoMethods.Say, (_, _) => throw new FormatException("not a number")), new() { Logs = logs });

        var failure = await Some.FailureOf(server.Channel().UnaryAsync(EchoMethods.Say, new Ask(), Options));

        Assert.Equal((StatusCode.Unknown, "not a number"), (failure.StatusCode, failure.Detail));
        Assert.IsType<FormatException>(Assert.Single(logs.Errors).Exception);
    }

    [Fact]
    public async Task A_method_that_nobody_mapped_is_UNIMPLEMENTED()
    {
        await using var server =
            await TestServer.StartAsync(app => app.MapUnary(EchoMethods.Say, (_, _) => ValueTask.FromResult(new Reply())));
        using var chat = server.Channel().Duplex(EchoMethods.Chat, Options);

        Assert.Equal(StatusCode.Unimplemented, (await Some.FailureOf(chat.ReadAsync(Cancellation))).StatusCode);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("ä")]
    [InlineData("🎉")]
    public async Task A_message_longer_than_headers_may_be_is_cut_and_the_status_survives(string letter)
    {
        await using var server = await TestServer.StartAsync();
        var channel = server.Channel();
        using var neighbour = channel.Duplex(EchoMethods.Chat, Options);
        await neighbour.WriteAsync(new Ask(), cancellation: Cancellation);
        await neighbour.ReadAsync(Cancellation);
        var message = string.Concat(Enumerable.Repeat(letter, 100_000));
        var ask = new Ask { Fail = new Failure { Code = 5, Message = message } };

        var failure = await Some.FailureOf(channel.UnaryAsync(EchoMethods.Say, ask, Options));
        await neighbour.WriteAsync(new Ask { Text = "unharmed" }, cancellation: Cancellation);

        Assert.Equal(StatusCode.NotFound, failure.StatusCode);
        Assert.StartsWith(failure.Detail.TrimEnd('…'), message, StringComparison.Ordinal);
        Assert.InRange(failure.Detail.Length, 1000, 99_999);
        Assert.Equal("unharmed", (await neighbour.ReadAsync(Cancellation)).Message!.Text);
    }

    [Fact]
    public async Task A_status_stays_the_same_however_often_one_reads()
    {
        await using var server = await TestServer.StartAsync();
        var ask = new Ask { Fail = new Failure { Code = 8, Message = "full" } };
        using var stream = server.Channel().ServerStreaming(EchoMethods.Expand, ask, Options);

        var first = await Some.FailureOf(stream.MoveNextAsync(Cancellation));
        var second = await Some.FailureOf(stream.MoveNextAsync(Cancellation));

        Assert.Equal((StatusCode.ResourceExhausted, "full"), (first.StatusCode, first.Detail));
        Assert.Equal((StatusCode.ResourceExhausted, "full"), (second.StatusCode, second.Detail));
    }

    [Fact]
    public async Task A_client_that_streams_on_hears_the_status_that_ended_its_call()
    {
        await using var server = await TestServer.StartAsync();
        using var collect = server.Channel().ClientStreaming(EchoMethods.Collect, Options);
        await collect.WriteAsync(new Ask { Fail = new Failure { Code = 10, Message = "enough" } }, cancellation: Cancellation);

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (true)
            {
                await collect.WriteAsync(new Ask { Payload = Some.Bytes(10_000) }, cancellation: Cancellation);
            }
        });

        Assert.Equal((StatusCode.Aborted, "enough"), (failure.StatusCode, failure.Detail));
        Assert.Equal(StatusCode.Aborted, (await Some.FailureOf(collect.CompleteAsync(Cancellation))).StatusCode);
    }

    [Fact]
    public async Task A_server_may_answer_a_client_stream_before_its_end()
    {
        await using var server = await TestServer.StartAsync(app =>
            app.MapClientStreaming(EchoMethods.Collect, async (asks, _) => new Reply { Text = (await asks.ReadAsync()).Message!.Text }));
        using var collect = server.Channel().ClientStreaming(EchoMethods.Collect, Options);
        await collect.WriteAsync(new Ask { Text = "first" }, cancellation: Cancellation);

        Assert.Equal("first", (await collect.CompleteAsync(Cancellation)).Text);
    }
}
