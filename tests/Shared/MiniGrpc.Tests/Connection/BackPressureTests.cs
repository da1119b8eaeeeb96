using MiniGrpc.Tests.Echo;
using Xunit;

namespace MiniGrpc.Tests.Connection;

/// <summary>64 MB wait for a reader that takes one message and stops: the writer must stop too, and memory must not grow.</summary>
[Collection(nameof(MeasuresMemory))]
public sealed class BackPressureTests(ITestOutputHelper output)
{
    private const int MessageBytes = 16 * 1024;
    private const int Messages = 4096;
    private const long Megabyte = 1 << 20;

    // The stream's windows (768 kB of Kestrel's, 64 kB at first of the client's), the pipes at both ends, the sockets' buffers.
    private const long MostBytesUnderWay = 4 * Megabyte;

    private CancellationToken Cancellation { get; } = Some.Patience();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_reads_slowly_holds_the_server_back(bool flush)
    {
        long written = 0;
        await using var server = await TestServer.StartAsync(app => app.MapServerStreaming(EchoMethods.Expand, async (_, replies, _) =>
        {
            var reply = new Reply { Payload = Some.Bytes(MessageBytes) };
            for (var i = 0; i < Messages; i++)
            {
                await replies.WriteAsync(reply, flush);
                Interlocked.Add(ref written, MessageBytes);
            }
        }));
        using var stream = server.Channel().ServerStreaming(EchoMethods.Expand, new Ask());
        Assert.True(await stream.MoveNextAsync(Cancellation));
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await Until.TrueAsync(() => Interlocked.Read(ref written) > 0);
        var stopped = await Until.StillAsync(() => Interlocked.Read(ref written));
        Report(stopped, before);
        var read = 1;
        while (await stream.MoveNextAsync(Cancellation))
        {
            read++;
        }

        Assert.Equal(Messages, read);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_that_reads_slowly_holds_the_client_back(bool flush)
    {
        var go = new TaskCompletionSource();
        await using var server = await TestServer.StartAsync(app => app.MapClientStreaming(EchoMethods.Collect, async (asks, _) =>
        {
            var reply = new Reply { Number = (await asks.ReadAsync()).More ? 1 : 0 };
            await go.Task;
            while ((await asks.ReadAsync()).More)
            {
                reply.Number++;
            }

            return reply;
        }));
        using var call = server.Channel().ClientStreaming(EchoMethods.Collect);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        long written = 0;
        var writing = WriteAsync();

        await Until.TrueAsync(() => Interlocked.Read(ref written) > 0);
        var stopped = await Until.StillAsync(() => Interlocked.Read(ref written));
        Report(stopped, before);
        go.SetResult();
        await writing;

        Assert.Equal(Messages, (await call.CompleteAsync(Cancellation)).Number);

        async Task WriteAsync()
        {
            var ask = new Ask { Payload = Some.Bytes(MessageBytes) };
            for (var i = 0; i < Messages; i++)
            {
                await call.WriteAsync(ask, flush, Cancellation);
                Interlocked.Add(ref written, MessageBytes);
            }
        }
    }

    [Fact]
    public async Task A_call_that_nobody_reads_does_not_hold_up_its_neighbours()
    {
        await using var server = await TestServer.StartAsync();
        var channel = server.Channel();
        using var forgotten = channel.ServerStreaming(EchoMethods.Expand, new Ask { Times = 1000, ReplyBytes = MessageBytes });
        Assert.True(await forgotten.MoveNextAsync(Cancellation));

        for (var i = 0; i < 100; i++)
        {
            var reply =
                await channel.UnaryAsync(EchoMethods.Say, new Ask { ReplyBytes = MessageBytes }, new() { Cancellation = Cancellation });
            Assert.Equal(MessageBytes, reply.Payload.Length);
        }
    }

    private void Report(long stopped, long before)
    {
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine(
            $"The writer stopped after {stopped / 1024} kB of {Messages * MessageBytes / 1024}; memory grew by {grown / 1024} kB.");
        Assert.InRange(stopped, MessageBytes, MostBytesUnderWay);
        Assert.InRange(grown, long.MinValue, 2 * MostBytesUnderWay);
    }
}
