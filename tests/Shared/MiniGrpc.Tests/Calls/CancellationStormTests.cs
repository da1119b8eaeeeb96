using MiniGrpc.Tests.Echo;
using Xunit;

namespace MiniGrpc.Tests.Calls;

public sealed class CancellationStormTests
{
    private const int Calls = 2000;
    private const int AtOnce = 50;

    private CancellationToken Cancellation { get; } = Some.Patience();

    [Fact]
    public async Task Calls_cancelled_at_any_moment_leave_nothing_behind()
    {
        var seed = Environment.TickCount;
        var active = 0;
        using var logs = new RecordedLogs();
        await using var server = await TestServer.StartAsync(
            app => app.MapDuplex(EchoMethods.Chat, async (asks, replies, call) =>
            {
                Interlocked.Increment(ref active);
                try
                {
                    await foreach (var ask in asks.ReadAllAsync())
                    {
                        await replies.WriteAsync(new Reply { Text = ask.Text });
                    }
                }
                finally
                {
                    Interlocked.Decrement(ref active);
                }
            }),
            new() { Logs = logs });
        var channel = server.Channel();
        var random = new Random(seed);
        var moments =
            Enumerable.Range(0, Calls).Select(_ => (Cancel: random.Next(5), Deadline: random.Next(3), Dispose: random.Next(3))).ToList();

        // In waves: Kestrel takes very many resets at once for an attack, and closes the connection.
        var ends = new List<Exception?>();
        foreach (var wave in moments.Chunk(AtOnce))
        {
            ends.AddRange(await Task.WhenAll(wave.Select(moment => ChatAsync(channel, moment.Cancel, moment.Deadline, moment.Dispose))));
        }

        await Until.TrueAsync(() => Volatile.Read(ref active) == 0);
        var others = ends.Where(end => end is not (null or OperationCanceledException
            or RpcException { StatusCode: StatusCode.Cancelled or StatusCode.DeadlineExceeded })).ToList();
        Assert.True(others.Count == 0, $"seed {seed}: {string.Join(", ", others.Distinct())}");
        Assert.True(!logs.Errors.Any(), $"seed {seed}: {logs.Errors.FirstOrDefault()}");
        using var last = channel.Duplex(EchoMethods.Chat);
        await last.WriteAsync(new Ask { Text = "alive" }, cancellation: Cancellation);
        Assert.Equal("alive", (await last.ReadAsync(Cancellation)).Message!.Text);
    }

    /// <summary>Ends the call by a token, a deadline or its disposal, some milliseconds after it began, or at once.</summary>
    private static async Task<Exception?> ChatAsync(GrpcChannel channel, int cancel, int deadline, int dispose)
    {
        using var source = new CancellationTokenSource();
        if (cancel > 0)
        {
            source.CancelAfter(TimeSpan.FromMilliseconds(cancel * 3));
        }

        try
        {
            await Task.Yield();
            using var call = channel.Duplex(EchoMethods.Chat, new()
            {
                Cancellation = source.Token,
                Timeout = deadline > 0 ? TimeSpan.FromMilliseconds(deadline * 7) : TimeSpan.FromSeconds(20),
            });
            for (var i = 0; i < 50 * dispose; i++)
            {
                await WriteAsync(call, new Ask { Text = $"{i}" }, source.Token);
                await call.ReadAsync(source.Token);
            }

            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    /// <summary>A write that fails says only that the stream is broken; reading tells the status that the server ended the call with.</summary>
    private static async Task WriteAsync(DuplexCall<Ask, Reply> call, Ask ask, CancellationToken cancellation)
    {
        try
        {
            await call.WriteAsync(ask, cancellation: cancellation);
        }
        catch (RpcException broken) when (broken.StatusCode == StatusCode.Unavailable)
        {
            await call.ReadAsync(cancellation);
            throw;
        }
    }
}
