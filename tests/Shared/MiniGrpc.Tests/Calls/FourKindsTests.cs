using MiniGrpc.Tests.Echo;
using Xunit;

namespace MiniGrpc.Tests.Calls;

public sealed class FourKindsTests
{
    private CancellationToken Cancellation { get; } = Some.Patience();

    private CallOptions Options => new() { Cancellation = Cancellation };

    [Fact]
    public async Task A_unary_call_brings_the_answer()
    {
        await using var server = await TestServer.StartAsync();

        var reply = await server.Channel().UnaryAsync(EchoMethods.Say, new Ask { Text = "grüße" }, Options);

        Assert.Equal("grüße", reply.Text);
    }

    [Fact]
    public async Task An_empty_message_is_a_message()
    {
        await using var server = await TestServer.StartAsync();

        var reply = await server.Channel().UnaryAsync(EchoMethods.Say, new Ask(), Options);

        Assert.Equal(new Reply(), reply);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    public async Task A_server_stream_brings_every_message_in_order_and_then_ends(int times)
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Channel().ServerStreaming(EchoMethods.Expand, new Ask { Times = times }, Options);

        var numbers = new List<int>();
        while (await call.MoveNextAsync(Cancellation))
        {
            numbers.Add(call.Current.Number);
        }

        Assert.Equal(Enumerable.Range(0, times), numbers);
        Assert.False(await call.MoveNextAsync(Cancellation));
        Assert.Throws<InvalidOperationException>(() => call.Current);
    }

    [Fact]
    public async Task A_client_stream_is_answered_after_its_end()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Channel().ClientStreaming(EchoMethods.Collect, Options);
        foreach (var text in (string[])["a", "b", "c"])
        {
            await call.WriteAsync(new Ask { Text = text }, cancellation: Cancellation);
        }

        var reply = await call.CompleteAsync(Cancellation);

        Assert.Equal(("abc", 3), (reply.Text, reply.Number));
    }

    [Fact]
    public async Task A_client_stream_may_be_empty()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Channel().ClientStreaming(EchoMethods.Collect, Options);

        Assert.Equal(0, (await call.CompleteAsync(Cancellation)).Number);
    }

    [Fact]
    public async Task A_completed_side_takes_no_more_messages()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Channel().Duplex(EchoMethods.Chat, Options);
        await call.CompleteAsync(Cancellation);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await call.WriteAsync(new Ask(), cancellation: Cancellation));
        Assert.False((await call.ReadAsync(Cancellation)).More);
    }

    [Fact]
    public async Task Both_sides_of_a_duplex_call_take_turns()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Channel().Duplex(EchoMethods.Chat, Options);

        for (var i = 0; i < 100; i++)
        {
            await call.WriteAsync(new Ask { Text = $"turn {i}" }, cancellation: Cancellation);
            var (more, reply) = await call.ReadAsync(Cancellation);
            Assert.True(more);
            Assert.Equal(($"turn {i}", i), (reply!.Text, reply.Number));
        }

        await call.CompleteAsync(Cancellation);
        Assert.Equal((false, null), await call.ReadAsync(Cancellation));
    }

    [Fact]
    public async Task Unflushed_messages_leave_together_with_the_next_flushed_one()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Channel().Duplex(EchoMethods.Chat, Options);
        for (var i = 0; i < 9; i++)
        {
            await call.WriteAsync(new Ask { Text = $"{i}" }, flush: false, Cancellation);
        }

        await call.WriteAsync(new Ask { Text = "9" }, flush: true, Cancellation);

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal($"{i}", (await call.ReadAsync(Cancellation)).Message!.Text);
        }
    }

    [Fact]
    public async Task What_is_unflushed_at_the_end_is_sent_by_both_sides()
    {
        await using var server = await TestServer.StartAsync(app => app.MapDuplex(EchoMethods.Chat, async (asks, replies, call) =>
        {
            await foreach (var ask in asks.ReadAllAsync())
            {
                await replies.WriteAsync(new Reply { Text = ask.Text }, flush: false);
            }
        }));
        using var call = server.Channel().Duplex(EchoMethods.Chat, Options);
        await call.WriteAsync(new Ask { Text = "last words" }, flush: false, Cancellation);
        await call.CompleteAsync(Cancellation);

        var replies = await call.ReadAllAsync(Cancellation).Select(reply => reply.Text).ToListAsync(Cancellation);

        Assert.Equal(["last words"], replies);
    }

    [Fact]
    public async Task A_duplex_server_may_speak_first_and_outlive_the_client_side()
    {
        await using var server = await TestServer.StartAsync(app => app.MapDuplex(EchoMethods.Chat, async (asks, replies, call) =>
        {
            await replies.WriteAsync(new Reply { Text = "welcome" });
            while ((await asks.ReadAsync()).More)
            {
            }

            await replies.WriteAsync(new Reply { Text = "goodbye" });
        }));
        using var call = server.Channel().Duplex(EchoMethods.Chat, Options);

        var welcome = await call.ReadAsync(Cancellation);
        await call.CompleteAsync(Cancellation);
        var goodbye = await call.ReadAsync(Cancellation);

        Assert.Equal(("welcome", "goodbye"), (welcome.Message!.Text, goodbye.Message!.Text));
        Assert.False((await call.ReadAsync(Cancellation)).More);
    }

    [Fact]
    public async Task A_thousand_calls_at_once_share_a_channel()
    {
        await using var server = await TestServer.StartAsync();
        var channel = server.Channel();

        var replies = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i =>
            channel.UnaryAsync(EchoMethods.Say, new Ask { Text = $"{i}" }, Options)));

        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"{i}"), replies.Select(reply => reply.Text));
    }

    [Fact]
    public async Task A_method_cannot_be_mapped_as_another_kind()
    {
        var wrong = await Assert.ThrowsAsync<ArgumentException>(() =>
            TestServer.StartAsync(app => app.MapUnary(EchoMethods.Chat, (_, _) => ValueTask.FromResult(new Reply()))));

        Assert.Contains("/minigrpc.echo.Echo/Chat is Duplex, not Unary.", wrong.Message, StringComparison.Ordinal);
    }
}
