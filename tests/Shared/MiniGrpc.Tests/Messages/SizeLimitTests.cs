using System.IO.Compression;
using Google.Protobuf;
using MiniGrpc.Tests.Echo;
using Xunit;

namespace MiniGrpc.Tests.Messages;

public sealed class SizeLimitTests
{
    private const int Megabyte = 1 << 20;

    private CancellationToken Cancellation { get; } = Some.Patience();

    private CallOptions Options => new() { Cancellation = Cancellation };

    [Fact]
    public async Task A_message_of_exactly_the_limit_passes_and_one_byte_more_is_refused_by_the_sender()
    {
        await using var server = await TestServer.StartAsync();
        var channel = server.Channel();
        var fits = new Ask { Payload = Some.Bytes(GrpcChannelOptions.DefaultMaxMessageBytes - 5) };
        Assert.Equal(GrpcChannelOptions.DefaultMaxMessageBytes, fits.CalculateSize());

        var reply = await channel.UnaryAsync(EchoMethods.Say, fits, Options);
        var failure = await Some.FailureOf(
            channel.UnaryAsync(EchoMethods.Say, new Ask(fits) { Payload = Some.Bytes(fits.Payload.Length + 1) }, Options));

        Assert.Equal(fits.Payload, reply.Payload);
        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
        Assert.Contains("to send", failure.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_long_a_request_is_refused_by_the_server_for_every_kind_of_call()
    {
        await using var server =
            await TestServer.StartAsync(new TestServer.Setup { Options = options => options.MaxReceiveMessageBytes = 1000 });
        var channel = server.Channel();
        var ask = new Ask { Payload = Some.Bytes(3 * Megabyte) };
        using var stream = channel.ServerStreaming(EchoMethods.Expand, ask, Options);
        using var collect = channel.ClientStreaming(EchoMethods.Collect, Options);
        using var chat = channel.Duplex(EchoMethods.Chat, Options);

        RpcException[] failures =
        [
            await Some.FailureOf(channel.UnaryAsync(EchoMethods.Say, ask, Options)),
            await Some.FailureOf(stream.MoveNextAsync(Cancellation)),
            await Some.FailureOf(WriteAndCompleteAsync()),
            await Some.FailureOf(WriteAndReadAsync()),
        ];

        Assert.All(failures, failure => Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode));
        Assert.All(failures, failure => Assert.Contains("received message", failure.Detail, StringComparison.Ordinal));

        async Task WriteAndCompleteAsync()
        {
            await collect.WriteAsync(ask, cancellation: Cancellation);
            await collect.CompleteAsync(Cancellation);
        }

        async Task WriteAndReadAsync()
        {
            var reading = chat.ReadAsync(Cancellation);
            await Assert.ThrowsAnyAsync<RpcException>(async () =>
            {
                await chat.WriteAsync(ask, cancellation: Cancellation);
                await chat.WriteAsync(ask, cancellation: Cancellation);
            });
            await reading;
        }
    }

    [Fact]
    public async Task Too_long_an_answer_is_refused_by_the_server_that_would_send_it()
    {
        await using var server =
            await TestServer.StartAsync(new TestServer.Setup { Options = options => options.MaxSendMessageBytes = 1000 });

        var failure = await Some.FailureOf(server.Channel().UnaryAsync(EchoMethods.Say, new Ask { ReplyBytes = 1000 }, Options));

        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
        Assert.Contains("to send", failure.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_long_an_answer_is_refused_by_the_client_that_would_read_it()
    {
        await using var server = await TestServer.StartAsync();
        var channel = server.Channel(new() { MaxReceiveMessageBytes = 1000 });
        var ask = new Ask { Text = "", ReplyBytes = Megabyte, Times = 5 };
        using var stream = channel.ServerStreaming(EchoMethods.Expand, ask, Options);

        RpcException[] failures =
        [
            await Some.FailureOf(channel.UnaryAsync(EchoMethods.Say, ask, Options)),
            await Some.FailureOf(stream.MoveNextAsync(Cancellation)),
            await Some.FailureOf(stream.MoveNextAsync(Cancellation)),
        ];

        Assert.All(failures, failure => Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode));
        Assert.Equal("", (await channel.UnaryAsync(EchoMethods.Say, new Ask(), Options)).Text);
    }

    [Fact]
    public async Task Too_long_an_answer_ends_the_call_for_the_server_too()
    {
        await using var server = await TestServer.StartAsync();
        using var chat = server.Channel(new() { MaxReceiveMessageBytes = 1000 }).Duplex(EchoMethods.Chat, Options);
        await chat.WriteAsync(new Ask { Text = "short" }, flush: false, Cancellation);
        await chat.WriteAsync(new Ask { ReplyBytes = 2000 }, flush: false, Cancellation);
        await chat.WriteAsync(new Ask { Text = "and then", Hang = true }, cancellation: Cancellation);
        await server.Echo.Hanging.ReadAsync(Cancellation);

        Assert.True((await chat.ReadAsync(Cancellation)).More);
        Assert.Equal(StatusCode.ResourceExhausted, (await Some.FailureOf(chat.ReadAsync(Cancellation).AsTask())).StatusCode);

        Assert.Equal("and then", await server.Echo.Cancelled.ReadAsync(Cancellation));
    }

    [Fact]
    public async Task A_refused_message_leaves_the_stream_usable()
    {
        await using var server = await TestServer.StartAsync();
        using var chat = server.Channel(new() { MaxSendMessageBytes = 1000 }).Duplex(EchoMethods.Chat, Options);

        Assert.Equal(
            StatusCode.ResourceExhausted,
            (await Some.FailureOf(chat.WriteAsync(new Ask { Payload = Some.Bytes(2000) }, cancellation: Cancellation))).StatusCode);
        await chat.WriteAsync(new Ask { Text = "short" }, cancellation: Cancellation);

        Assert.Equal("short", (await chat.ReadAsync(Cancellation)).Message!.Text);
    }

    [Fact]
    public async Task Raised_limits_let_long_messages_through_in_both_directions()
    {
        await using var server = await TestServer.StartAsync(new TestServer.Setup
        {
            Options = options => (options.MaxReceiveMessageBytes, options.MaxSendMessageBytes) = (int.MaxValue, int.MaxValue),
        });
        var channel = server.Channel(new() { MaxReceiveMessageBytes = int.MaxValue, MaxSendMessageBytes = int.MaxValue });
        var payload = Some.Bytes(40 * Megabyte);
        using var chat = channel.Duplex(EchoMethods.Chat, Options);

        var reply = await channel.UnaryAsync(EchoMethods.Say, new Ask { Payload = payload }, Options);
        var writing = chat.WriteAsync(new Ask { Payload = payload }, cancellation: Cancellation);
        var streamed = await chat.ReadAsync(Cancellation);
        await writing;

        Assert.Equal(payload, reply.Payload);
        Assert.Equal(payload, streamed.Message!.Payload);
    }

    [Fact]
    public async Task A_length_that_lies_is_refused_without_waiting_for_what_it_promises()
    {
        await using var server = await TestServer.StartAsync();

        var answer = await RawCall.PostAsync(server.Address, EchoMethods.Say.Path, RawCall.Frame(0, [1, 2, 3], length: uint.MaxValue));

        Assert.Equal(StatusCode.ResourceExhausted, answer.Status);
    }

    [Fact]
    public async Task A_small_message_that_unpacks_to_a_huge_one_is_refused()
    {
        await using var server = await TestServer.StartAsync();
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            new Ask { Payload = ByteString.CopyFrom(new byte[100 * Megabyte]) }.WriteTo(gzip);
        }

        var allocated = GC.GetTotalAllocatedBytes();
        var answer = await RawCall.PostAsync(
            server.Address, EchoMethods.Say.Path, RawCall.Frame(1, packed.ToArray()), headers: ("grpc-encoding", "gzip"));

        Assert.Equal(StatusCode.ResourceExhausted, answer.Status);
        Assert.InRange(GC.GetTotalAllocatedBytes() - allocated, 0, 50 * Megabyte);
    }
}
