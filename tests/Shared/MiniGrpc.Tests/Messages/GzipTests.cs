using System.IO.Compression;
using Google.Protobuf;
using MiniGrpc.Tests.Echo;
using Xunit;

namespace MiniGrpc.Tests.Messages;

public sealed class GzipTests
{
    private static readonly Ask s_ask = new() { Text = new string('a', 10_000) };

    private CancellationToken Cancellation { get; } = Some.Patience();

    private CallOptions Options => new() { Gzip = true, Cancellation = Cancellation };

    [Fact]
    public async Task Compressed_calls_of_every_kind_bring_the_same_messages()
    {
        await using var server = await TestServer.StartAsync();
        var channel = server.Channel();
        using var stream = channel.ServerStreaming(EchoMethods.Expand, new Ask(s_ask) { Times = 2 }, Options);
        using var collect = channel.ClientStreaming(EchoMethods.Collect, Options);
        using var chat = channel.Duplex(EchoMethods.Chat, Options);

        Assert.Equal(s_ask.Text, (await channel.UnaryAsync(EchoMethods.Say, s_ask, Options)).Text);
        Assert.Equal("", (await channel.UnaryAsync(EchoMethods.Say, new Ask(), Options)).Text);
        var streamed = await stream.ReadAllAsync(Cancellation).Select(reply => reply.Text).ToListAsync(Cancellation);
        Assert.Equal([s_ask.Text, s_ask.Text], streamed);
        await collect.WriteAsync(s_ask, cancellation: Cancellation);
        Assert.Equal(s_ask.Text, (await collect.CompleteAsync(Cancellation)).Text);
        await chat.WriteAsync(s_ask, cancellation: Cancellation);
        Assert.Equal(s_ask.Text, (await chat.ReadAsync(Cancellation)).Message!.Text);
    }

    [Fact]
    public async Task Who_compresses_and_accepts_gets_a_compressed_answer()
    {
        await using var server = await TestServer.StartAsync();

        var answer = await RawCall.PostAsync(
            server.Address, EchoMethods.Say.Path, Packed(s_ask),
            headers: [("grpc-encoding", "gzip"), ("grpc-accept-encoding", "identity, gzip")]);

        Assert.Equal(StatusCode.OK, answer.Status);
        Assert.Equal("gzip", answer.Headers["grpc-encoding"]);
        Assert.Equal(1, answer.Body[0]);
        Assert.InRange(answer.Body.Length, 10, 500);
        using var gzip = new GZipStream(new MemoryStream(answer.Body[5..]), CompressionMode.Decompress);
        Assert.Equal(s_ask.Text, Reply.Parser.ParseFrom(gzip).Text);
    }

    [Theory]
    [InlineData("identity")]
    [InlineData("deflate, x-gzip-like")]
    public async Task Who_does_not_accept_gzip_gets_a_plain_answer(string accepted)
    {
        await using var server = await TestServer.StartAsync();

        var answer = await RawCall.PostAsync(
            server.Address, EchoMethods.Say.Path, Packed(s_ask), headers: [("grpc-encoding", "gzip"), ("grpc-accept-encoding", accepted)]);

        Assert.Equal(StatusCode.OK, answer.Status);
        Assert.Equal(RawCall.Frame(new Reply { Text = s_ask.Text }), answer.Body);
    }

    [Fact]
    public async Task A_plain_message_may_travel_under_an_agreed_encoding()
    {
        await using var server = await TestServer.StartAsync();

        var answer =
            await RawCall.PostAsync(server.Address, EchoMethods.Say.Path, RawCall.Frame(s_ask), headers: ("grpc-encoding", "gzip"));

        Assert.Equal(StatusCode.OK, answer.Status);
    }

    [Fact]
    public async Task Messages_of_every_size_survive_packing()
    {
        await using var server = await TestServer.StartAsync();
        var channel = server.Channel();
        foreach (var size in (int[])[1, 63, 64, 65, 4095, 4097, 70_000, 1_000_000, 4_000_000])
        {
            var payload = Some.Bytes(size);

            Assert.Equal(payload, (await channel.UnaryAsync(EchoMethods.Say, new Ask { Payload = payload }, Options)).Payload);
        }
    }

    [Fact]
    public async Task An_empty_message_is_never_compressed()
    {
        await using var server = await TestServer.StartAsync();

        var answer = await RawCall.PostAsync(
            server.Address, EchoMethods.Say.Path, RawCall.Frame(1, []),
            headers: [("grpc-encoding", "gzip"), ("grpc-accept-encoding", "gzip")]);

        Assert.Equal(StatusCode.OK, answer.Status);
        Assert.Equal(new byte[5], answer.Body);
    }

    [Fact]
    public async Task An_unknown_encoding_is_UNIMPLEMENTED_and_the_answer_names_the_known_ones()
    {
        await using var server = await TestServer.StartAsync();

        var answer =
            await RawCall.PostAsync(server.Address, EchoMethods.Say.Path, RawCall.Frame(s_ask), headers: ("grpc-encoding", "snappy"));

        Assert.Equal(StatusCode.Unimplemented, answer.Status);
        Assert.Equal("identity,gzip", answer.Headers["grpc-accept-encoding"]);
    }

    [Fact]
    public async Task A_compressed_message_without_an_encoding_is_INTERNAL()
    {
        await using var server = await TestServer.StartAsync();

        Assert.Equal(StatusCode.Internal, (await RawCall.PostAsync(server.Address, EchoMethods.Say.Path, Packed(s_ask))).Status);
    }

    [Theory]
    [InlineData("none of gzip's business")]
    [InlineData("cut")]
    public async Task Compressed_bytes_that_are_damaged_are_INTERNAL(string damage)
    {
        await using var server = await TestServer.StartAsync();
        var packed =
            damage == "cut" ? Packed(new Ask { Payload = Some.Bytes(5000) })[5..^1000] : System.Text.Encoding.ASCII.GetBytes(damage);

        var answer =
            await RawCall.PostAsync(server.Address, EchoMethods.Say.Path, RawCall.Frame(1, packed), headers: ("grpc-encoding", "gzip"));

        Assert.Equal(StatusCode.Internal, answer.Status);
    }

    private static byte[] Packed(Ask ask)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            ask.WriteTo(gzip);
        }

        return RawCall.Frame(1, packed.ToArray());
    }
}
