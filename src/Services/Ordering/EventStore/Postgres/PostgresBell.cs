using System.Threading.Channels;
using Npgsql;

namespace DaprOrders.Ordering.EventStore.Postgres;

/// <summary>
/// Tells the other processes of commits, and hears of theirs, by NOTIFY and LISTEN. Only a hint: everybody looks again within a second anyway. After the
/// commit and apart from it: a transaction that notifies holds a lock until it is durable, and all commits would go one after the other.
/// </summary>
internal sealed partial class PostgresBell : IAsyncDisposable
{
    private const string ChannelName = "daprorders_ordering";
    private const int MostOrders = 200; // of 32 characters each: a payload has 8,000 bytes at most
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly Channel<string?> told = Channel.CreateBounded<string?>(new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
    private readonly CancellationTokenSource ends = new();
    private readonly NpgsqlDataSource source;
    private readonly string owner;
    private readonly Action<IReadOnlyList<string>> heard;
    private readonly ILogger log;
    private readonly Task ringing;
    private readonly Task listening;

    public PostgresBell(NpgsqlDataSource source, string owner, Action<IReadOnlyList<string>> heard, ILogger log)
    {
        (this.source, this.owner, this.heard, this.log) = (source, owner, heard, log);
        ringing = Task.Run(() => UntilDisposedAsync(RingAsync));
        listening = Task.Run(() => UntilDisposedAsync(ListenAsync));
    }

    public void Ring(string? settled) => told.Writer.TryWrite(settled);

    public async ValueTask DisposeAsync()
    {
        await ends.CancelAsync();
        await Task.WhenAll(ringing, listening);
        ends.Dispose();
    }

    private async Task UntilDisposedAsync(Func<CancellationToken, Task> run)
    {
        while (!ends.IsCancellationRequested)
        {
            try
            {
                await run(ends.Token);
            }
            catch (OperationCanceledException) when (ends.IsCancellationRequested)
            {
                // Disposed of.
            }
            catch (Exception e)
            {
                NotHeard(log, e.Message);
                await Task.Delay(Pause, ends.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Ends when the connection breaks.</summary>
    private async Task RingAsync(CancellationToken cancellation)
    {
        while (await told.Reader.WaitToReadAsync(cancellation))
        {
            await Task.Delay(Gather, cancellation);
            var orders = new List<string>();
            while (orders.Count < MostOrders && told.Reader.TryRead(out var settled))
                if (settled is not null) orders.Add(settled);
            await using var batch = source.CreateBatch();
            batch.BatchCommands.Add(new NpgsqlBatchCommand("BEGIN"));
            batch.BatchCommands.Add(new NpgsqlBatchCommand("SET LOCAL synchronous_commit TO off")); // a hint needs no disk
            batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT pg_notify($1, $2)") { Parameters = { new() { Value = ChannelName }, new() { Value = string.Join(' ', orders.Prepend(owner)) } } });
            batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
            await batch.ExecuteNonQueryAsync(cancellation);
        }
    }

    /// <summary>Ends when the connection breaks.</summary>
    private async Task ListenAsync(CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        connection.Notification += (_, notification) =>
        {
            if (notification.Payload.Split(' ') is [var sender, .. var settled] && sender != owner) heard(settled);
        };
        await using (var listen = new NpgsqlCommand($"LISTEN {ChannelName}", connection)) await listen.ExecuteNonQueryAsync(cancellation);
        heard([]); // what was told while nobody listened
        while (true) await connection.WaitAsync(cancellation);
    }

    [LoggerMessage(EventId = 10, Level = LogLevel.Warning, Message = "Other processes are not heard of now, their commits are found within a second: {Reason}")]
    private static partial void NotHeard(ILogger logger, string reason);
}
