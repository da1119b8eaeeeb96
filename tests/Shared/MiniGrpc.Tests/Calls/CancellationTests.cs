using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using MiniGrpc.Server;
using MiniGrpc.Tests.Echo;
using Xunit;

namespace MiniGrpc.Tests.Calls;

public sealed class CancellationTests
{
    private CancellationToken Cancellation { get; } = Some.Patience();

    [Fact]
    public async Task Cancelling_a_unary_call_reaches_the_handler_and_throws_for_the_callers_token()
    {
        await using var server = await TestServer.StartAsync();
        using var cancel = new CancellationTokenSource();
        var calling =
            server.Channel().UnaryAsync(EchoMethods.Say, new Ask { Text = "stop", Hang = true }, new() { Cancellation = cancel.Token });

        await server.Echo.Hanging.ReadAsync(Cancellation);
        await cancel.CancelAsync();
        var failure = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => calling);

        Assert.Equal(cancel.Token, failure.CancellationToken);
        Assert.Equal("stop", await server.Echo.Cancelled.ReadAsync(Cancellation));
    }

    [Fact]
    public async Task A_call_with_a_cancelled_token_is_never_made()
    {
        var calls = 0;
        await using var server = await TestServer.StartAsync(app => app.MapUnary(EchoMethods.Say, (_, _) =>
        {
            Interlocked.Increment(ref calls);
            return ValueTask.FromResult(new Reply());
        }));
        var channel = server.Channel();
        await channel.UnaryAsync(EchoMethods.Say, new Ask(), new() { Cancellation = Cancellation });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            channel.UnaryAsync(EchoMethods.Say, new Ask(), new() { Cancellation = new CancellationToken(canceled: true) }));

        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task Cancelling_a_stream_between_two_messages_throws_at_the_next_read_and_ends_the_handler()
    {
        await using var server = await TestServer.StartAsync();
        using var cancel = new CancellationTokenSource();
        using var call = server.Channel().ServerStreaming(
            EchoMethods.Expand, new Ask { Text = "s", Times = 1, Hang = true }, new() { Cancellation = cancel.Token });
        Assert.True(await call.MoveNextAsync(Cancellation));
        await server.Echo.Hanging.ReadAsync(Cancellation);

        var reading = call.MoveNextAsync(Cancellation);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reading);
        Assert.Equal("s", await server.Echo.Cancelled.ReadAsync(Cancellation));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await call.MoveNextAsync(Cancellation));
    }

    [Fact]
    public async Task Disposing_a_stream_that_is_not_finished_ends_the_handler()
    {
        await using var server = await TestServer.StartAsync();
        var channel = server.Channel();
        var stream = channel.ServerStreaming(EchoMethods.Expand, new Ask { Text = "server", Times = 1, Hang = true });
        Assert.True(await stream.MoveNextAsync(Cancellation));
        await server.Echo.Hanging.ReadAsync(Cancellation);
        var duplex = channel.Duplex(EchoMethods.Chat);
        await duplex.WriteAsync(new Ask { Text = "duplex", Hang = true }, cancellation: Cancellation);
        await server.Echo.Hanging.ReadAsync(Cancellation);
        var collect = channel.ClientStreaming(EchoMethods.Collect);
        await collect.WriteAsync(new Ask { Text = "client", Hang = true }, cancellation: Cancellation);
        await server.Echo.Hanging.ReadAsync(Cancellation);

        stream.Dispose();
        Assert.Equal("server", await server.Echo.Cancelled.ReadAsync(Cancellation));
        duplex.Dispose();
        Assert.Equal("duplex", await server.Echo.Cancelled.ReadAsync(Cancellation));
        collect.Dispose();
        Assert.Equal("client", await server.Echo.Cancelled.ReadAsync(Cancellation));
    }

    [Fact]
    public async Task A_disposed_call_says_so_to_its_waiting_reader()
    {
        await using var server = await TestServer.StartAsync();
        var call = server.Channel().Duplex(EchoMethods.Chat);
        await call.WriteAsync(new Ask { Text = "hello" }, cancellation: Cancellation);
        await call.ReadAsync(Cancellation);

        var reading = call.ReadAsync(Cancellation);
        call.Dispose();

        var failure = await Some.FailureOf(reading);
        Assert.Equal(StatusCode.Cancelled, failure.StatusCode);
    }

    [Fact]
    public async Task Cancelling_one_read_leaves_the_call_alive()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Channel().Duplex(EchoMethods.Chat, new() { Cancellation = Cancellation });
        await call.WriteAsync(new Ask { Text = "1" }, cancellation: Cancellation);
        await call.ReadAsync(Cancellation);

        using (var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(20)))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await call.ReadAsync(impatient.Token));
        }

        await call.WriteAsync(new Ask { Text = "2" }, cancellation: Cancellation);
        Assert.Equal("2", (await call.ReadAsync(Cancellation)).Message!.Text);
    }

    [Fact]
    public async Task A_reset_that_overtakes_the_token_is_a_cancellation_to_the_handler_too()
    {
        var body = new Pipe();
        await body.Writer.CompleteAsync(new IOException("The client reset the request stream."));
        using var call = new ServerCall(new DefaultHttpContext());
        var reader = new RequestReader<Ask>(body.Reader, Ask.Parser, int.MaxValue, call);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reader.ReadAsync(Cancellation));
    }

    [Fact]
    public async Task A_handler_that_gives_up_by_itself_answers_CANCELLED()
    {
        await using var server = await TestServer.StartAsync(app =>
            app.MapUnary<Ask, Reply>(EchoMethods.Say, (_, _) => throw new OperationCanceledException("the stock is being counted")));

        var failure = await Some.FailureOf(server.Channel().UnaryAsync(EchoMethods.Say, new Ask(), new() { Cancellation = Cancellation }));

        Assert.Equal((StatusCode.Cancelled, "the stock is being counted"), (failure.StatusCode, failure.Detail));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_that_stops_tells_its_open_calls_so(bool withDeadline)
    {
        using var stopping = new CancellationTokenSource();
        await using var server = await TestServer.StartAsync(new TestServer.Setup { Options = options => options.Stopping = stopping.Token });
        var channel = server.Channel();
        var options = new CallOptions { Cancellation = Cancellation, Timeout = withDeadline ? TimeSpan.FromMinutes(5) : null };
        var saying = channel.UnaryAsync(EchoMethods.Say, new Ask { Text = "unary", Hang = true }, options);
        await server.Echo.Hanging.ReadAsync(Cancellation);
        using var stream = channel.ServerStreaming(EchoMethods.Expand, new Ask { Text = "stream", Times = 1, Hang = true }, options);
        Assert.True(await stream.MoveNextAsync(Cancellation));
        await server.Echo.Hanging.ReadAsync(Cancellation);
        using var chat = channel.Duplex(EchoMethods.Chat, options);
        await chat.WriteAsync(new Ask { Text = "duplex" }, cancellation: Cancellation);
        await chat.ReadAsync(Cancellation);

        await stopping.CancelAsync();

        // Told, not cut off: what a connection that breaks means would be the client's guess.
        RpcException[] failures =
            [await Some.FailureOf(saying), await Some.FailureOf(stream.MoveNextAsync(Cancellation)), await Some.FailureOf(chat.ReadAsync(Cancellation))];
        Assert.All(failures, failure => Assert.Equal((StatusCode.Unavailable, "The server is shutting down."), (failure.StatusCode, failure.Detail)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_fails_for_the_end_of_the_server_is_UNAVAILABLE_and_no_error_to_log(bool disposed)
    {
        using var ending = new CancellationTokenSource();
        var logs = new RecordedLogs();
        await using var server = await TestServer.StartAsync(
            app => app.MapUnary<Ask, Reply>(EchoMethods.Say, async (_, _) =>
            {
                await ending.CancelAsync();
                throw disposed ? new ObjectDisposedException("the engine") : new TaskCanceledException();
            }),
            new TestServer.Setup { Options = options => options.Ending = ending.Token, Logs = logs });

        var failure = await Some.FailureOf(server.Channel().UnaryAsync(EchoMethods.Say, new Ask(), new() { Cancellation = Cancellation }));

        Assert.Equal((StatusCode.Unavailable, "The server is shutting down."), (failure.StatusCode, failure.Detail));
        Assert.Empty(logs.Errors);
    }

    [Fact]
    public async Task A_server_that_dies_makes_its_calls_UNAVAILABLE()
    {
        await using var server = await TestServer.StartAsync();
        using var call = server.Channel().Duplex(EchoMethods.Chat, new() { Cancellation = Cancellation });
        await call.WriteAsync(new Ask(), cancellation: Cancellation);
        await call.ReadAsync(Cancellation);
        var reading = call.ReadAsync(Cancellation);

        await server.KillAsync();

        Assert.Equal(StatusCode.Unavailable, (await Some.FailureOf(reading)).StatusCode);
    }

    [Fact]
    public async Task A_connection_that_fails_at_once_does_not_leave_a_writer_waiting()
    {
        using var refusing = new RefusingHandler();
        using var channel = new GrpcChannel(new Uri("http://nowhere"), new() { Handler = refusing });
        using var collect = channel.ClientStreaming(EchoMethods.Collect);
        using var chat = channel.Duplex(EchoMethods.Chat);

        Assert.Equal(StatusCode.Unavailable, (await Some.FailureOf(collect.WriteAsync(new Ask(), cancellation: Cancellation))).StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await Some.FailureOf(chat.WriteAsync(new Ask(), cancellation: Cancellation))).StatusCode);
    }

    [Fact]
    public async Task A_stream_that_the_connection_lost_as_it_began_is_not_sent_again_without_its_messages()
    {
        using var retrying = new RetryingHandler();
        using var channel = new GrpcChannel(new Uri("http://nowhere"), new() { Handler = retrying });
        using var chat = channel.Duplex(EchoMethods.Chat);

        await chat.WriteAsync(new Ask { Text = "lost" }, cancellation: Cancellation);

        Assert.Equal(StatusCode.Unavailable, (await Some.FailureOf(chat.ReadAsync(Cancellation))).StatusCode);
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_UNAVAILABLE_for_every_kind_of_call()
    {
        var server = await TestServer.StartAsync();
        var address = server.Address;
        await server.DisposeAsync();
        using var channel = new GrpcChannel(address);
        using var collect = channel.ClientStreaming(EchoMethods.Collect);
        using var chat = channel.Duplex(EchoMethods.Chat);

        RpcException[] failures =
        [
            await Some.FailureOf(channel.UnaryAsync(EchoMethods.Say, new Ask(), new() { Cancellation = Cancellation })),
            await Some.FailureOf(channel.ServerStreaming(EchoMethods.Expand, new Ask()).MoveNextAsync(Cancellation)),
            await Some.FailureOf(collect.WriteAsync(new Ask(), cancellation: Cancellation)),
            await Some.FailureOf(collect.CompleteAsync(Cancellation)),
            await Some.FailureOf(chat.WriteAsync(new Ask(), cancellation: Cancellation)),
            await Some.FailureOf(chat.ReadAsync(Cancellation)),
            await Some.FailureOf(chat.Headers),
        ];

        Assert.All(failures, failure => Assert.Equal(StatusCode.Unavailable, failure.StatusCode));
    }

    /// <summary>Does as HttpClient when the server closes the connection and has not taken the request: sends it once more.</summary>
    private sealed class RetryingHandler : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            using var first = new FirstWrite();
            using var closed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var sending = request.Content!.CopyToAsync(first, closed.Token);
            await first.Written.WaitAsync(cancellationToken);
            await closed.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
            await request.Content.CopyToAsync(Stream.Null, cancellationToken);
            return new HttpResponseMessage();
        }
    }

    private sealed class FirstWrite : MemoryStream
    {
        private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Written => _written.Task;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _written.TrySetResult();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class RefusingHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new HttpRequestException("refused");
    }
}
