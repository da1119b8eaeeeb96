using System.Text.Json.Nodes;
using Google.Protobuf;
using MiniGrpc.Tests.Echo;
using Xunit;

namespace MiniGrpc.Tests.Interop;

/// <summary>Our client against a server of @grpc/grpc-js.</summary>
public sealed class GrpcJsServerTests : IAsyncLifetime
{
    private const int Megabyte = 1 << 20;

    private NodeProcess? _node;
    private GrpcChannel? _channel;

    private CancellationToken Cancellation { get; } = Some.Patience();

    private CallOptions Options => new() { Cancellation = Cancellation };

    private GrpcChannel Channel => _channel!;

    public async ValueTask InitializeAsync() =>
        (_node, _channel) = await StartAsync(
            new JsonObject { ["options"] = new JsonObject { ["grpc.max_receive_message_length"] = 16 * Megabyte } });

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }
    }

    [Fact]
    public async Task All_four_kinds_bring_their_messages()
    {
        using var stream = Channel.ServerStreaming(EchoMethods.Expand, new Ask { Text = "n", Times = 500 }, Options);
        using var collect = Channel.ClientStreaming(EchoMethods.Collect, Options);
        using var chat = Channel.Duplex(EchoMethods.Chat, Options);

        Assert.Equal("grüße", (await Channel.UnaryAsync(EchoMethods.Say, new Ask { Text = "grüße" }, Options)).Text);
        Assert.Equal(Enumerable.Range(0, 500), await stream.ReadAllAsync(Cancellation).Select(reply =>
            reply.Number).ToListAsync(Cancellation));
        for (var i = 0; i < 500; i++)
        {
            await collect.WriteAsync(new Ask { Payload = Some.Bytes(100) }, flush: i % 7 == 0, Cancellation);
            await chat.WriteAsync(new Ask { Text = $"{i}" }, cancellation: Cancellation);
            Assert.Equal($"{i}", (await chat.ReadAsync(Cancellation)).Message!.Text);
        }

        var collected = await collect.CompleteAsync(Cancellation);
        Assert.Equal((500, 50_000), (collected.Number, collected.TotalBytes));
        await chat.CompleteAsync(Cancellation);
        Assert.False((await chat.ReadAsync(Cancellation)).More);
    }

    [Fact]
    public async Task Errors_bring_code_message_and_details()
    {
        var details = Some.Bytes(50);
        var ask = new Ask { Times = 2, Fail = new Failure { Code = 9, Message = "50 % zu früh\n🎉", Details = details } };
        using var stream = Channel.ServerStreaming(EchoMethods.Expand, ask, Options);
        using var collect = Channel.ClientStreaming(EchoMethods.Collect, Options);
        using var chat = Channel.Duplex(EchoMethods.Chat, Options);
        await collect.WriteAsync(ask, cancellation: Cancellation);
        await chat.WriteAsync(ask, cancellation: Cancellation);
        Assert.True(await stream.MoveNextAsync(Cancellation));
        Assert.True(await stream.MoveNextAsync(Cancellation));

        RpcException[] failures =
        [
            await Some.FailureOf(Channel.UnaryAsync(EchoMethods.Say, ask, Options)),
            await Some.FailureOf(stream.MoveNextAsync(Cancellation)),
            await Some.FailureOf(collect.CompleteAsync(Cancellation)),
            await Some.FailureOf(chat.ReadAsync(Cancellation)),
        ];

        Assert.All(failures, failure =>
            Assert.Equal((StatusCode.FailedPrecondition, "50 % zu früh\n🎉"), (failure.StatusCode, failure.Detail)));
        Assert.All(failures, failure => Assert.Equal(details, ByteString.CopyFrom(failure.Trailers.GetBinary("grpc-status-details-bin"))));
    }

    [Fact]
    public async Task Metadata_crosses_in_both_directions()
    {
        byte[] bytes = [0, 255, 128, 1];
        var options = Options with { Headers = new() { { "echo-text", "a=b; c" }, { "echo-data-bin", bytes } } };

        var answer = await Channel.UnaryWithMetadataAsync(EchoMethods.Say, new Ask(), options);

        Assert.Equal(("a=b; c", "a=b; c"), (answer.Headers.Get("echo-text"), answer.Trailers.Get("trailing-echo-text")));
        Assert.Equal(bytes, answer.Headers.GetBinary("echo-data-bin"));
        Assert.Equal(bytes, answer.Trailers.GetBinary("trailing-echo-data-bin"));
    }

    [Fact]
    public async Task A_deadline_is_known_to_the_server_and_ends_the_call_at_both_ends()
    {
        var known = await Channel.UnaryAsync(EchoMethods.Say, new Ask(), Options with { Timeout = TimeSpan.FromHours(30) });
        var hanging =
            Channel.UnaryAsync(EchoMethods.Say, new Ask { Text = "late", Hang = true }, Options with { Timeout = TimeSpan.FromSeconds(3) });

        Assert.InRange(known.RemainingMs, 29 * 3_600_000, 30 * 3_600_000);
        Assert.Equal(StatusCode.DeadlineExceeded, (await Some.FailureOf(hanging)).StatusCode);
        await UntilToldAsync("cancelled", "late");
    }

    [Fact]
    public async Task Cancellation_reaches_the_server()
    {
        using var cancel = new CancellationTokenSource();
        var unary = Channel.UnaryAsync(EchoMethods.Say, new Ask { Text = "unary", Hang = true }, new() { Cancellation = cancel.Token });
        await UntilToldAsync("hanging", "unary");
        var chat = Channel.Duplex(EchoMethods.Chat);
        await chat.WriteAsync(new Ask { Text = "chat", Hang = true }, cancellation: Cancellation);
        await UntilToldAsync("hanging", "chat");

        await cancel.CancelAsync();
        await UntilToldAsync("cancelled", "unary");
        chat.Dispose();
        await UntilToldAsync("cancelled", "chat");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => unary);
    }

    [Fact]
    public async Task Compressed_requests_are_understood()
    {
        var text = new string('a', 100_000);
        using var chat = Channel.Duplex(EchoMethods.Chat, Options with { Gzip = true });
        await chat.WriteAsync(new Ask { Text = text }, cancellation: Cancellation);
        await chat.WriteAsync(new Ask(), cancellation: Cancellation);

        Assert.Equal(text, (await Channel.UnaryAsync(EchoMethods.Say, new Ask { Text = text }, Options with { Gzip = true })).Text);
        Assert.Equal("", (await Channel.UnaryAsync(EchoMethods.Say, new Ask(), Options with { Gzip = true })).Text);
        Assert.Equal(text, (await chat.ReadAsync(Cancellation)).Message!.Text);
        Assert.Equal("", (await chat.ReadAsync(Cancellation)).Message!.Text);
    }

    [Fact]
    public async Task Big_messages_pass_up_to_the_limit_of_each_side()
    {
        using var wide =
            new GrpcChannel(Channel.Address, new() { MaxReceiveMessageBytes = 64 * Megabyte, MaxSendMessageBytes = 64 * Megabyte });
        var payload = Some.Bytes(12 * Megabyte);

        Assert.Equal(payload, (await wide.UnaryAsync(EchoMethods.Say, new Ask { Payload = payload }, Options)).Payload);
        Assert.Equal(
            StatusCode.ResourceExhausted,
            (await Some.FailureOf(wide.UnaryAsync(EchoMethods.Say, new Ask { Payload = Some.Bytes(17 * Megabyte) }, Options))).StatusCode);
        Assert.Equal(
            StatusCode.ResourceExhausted,
            (await Some.FailureOf(Channel.UnaryAsync(EchoMethods.Say, new Ask { ReplyBytes = 5 * Megabyte }, Options))).StatusCode);
    }

    [Fact]
    public async Task A_thousand_calls_at_once_are_all_answered()
    {
        var replies = await Task.WhenAll(
            Enumerable.Range(0, 1000).Select(i => Channel.UnaryAsync(EchoMethods.Say, new Ask { Text = $"{i}" }, Options)));

        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"{i}"), replies.Select(reply => reply.Text));
    }

    [Fact]
    public async Task A_method_that_the_server_lacks_is_UNIMPLEMENTED()
    {
        var unknown = new GrpcMethod<Ask, Reply>(MethodKind.Unary, "minigrpc.echo.Echo", "Sing", Ask.Parser, Reply.Parser);

        Assert.Equal(StatusCode.Unimplemented, (await Some.FailureOf(Channel.UnaryAsync(unknown, new Ask(), Options))).StatusCode);
    }

    [Fact]
    public async Task Calls_go_through_TLS()
    {
        using var certificate = TestCertificate.Create();
        var (node, channel) = await StartAsync(
            new JsonObject { ["tls"] = new JsonObject { ["certificate"] = certificate.Pem, ["key"] = certificate.KeyPem } },
            "https", new() { Tls = certificate.Trusted });
        await using var _ = node;
        using var __ = channel;

        Assert.Equal("safe", (await channel.UnaryAsync(EchoMethods.Say, new Ask { Text = "safe" }, Options)).Text);
    }

    private async Task<(NodeProcess Node, GrpcChannel Channel)> StartAsync(
        JsonObject settings, string scheme = "http", GrpcChannelOptions? options = null)
    {
        var node = await NodeProcess.StartAsync("server.mjs", settings);
        var port = (int)(await node.Lines.ReadAsync(Cancellation))["port"]!;
        return (node, new GrpcChannel(new Uri($"{scheme}://127.0.0.1:{port}"), options));
    }

    private async Task UntilToldAsync(string what, string text)
    {
        while ((string?)(await _node!.Lines.ReadAsync(Cancellation))[what] != text)
        {
        }
    }
}
