using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using LocalDapr.Runtime.PubSub.Log;
using LocalDapr.Runtime.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LocalDapr.Runtime.Tests.PubSub;

public sealed class LogConsumerTests : IAsyncDisposable
{
    // No lease runs out on a slow machine: what comes again here comes for another reason.
    private static readonly ConsumerOptions Quick = new()
    {
        RedeliverInterval = TimeSpan.FromMilliseconds(50), ProcessingTimeout = TimeSpan.FromHours(1),
    };

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"pubsub-{Guid.NewGuid():n}.db");
    private readonly SqliteDatabase _database;
    private readonly MessageLog _log;

    public LogConsumerTests()
    {
        _database = SqliteDatabase.OpenFile(_file, NullLogger.Instance);
        _log = MessageLog.Of(_database);
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        foreach (var suffix in (string[])["", "-wal", "-shm"]) File.Delete(_file + suffix);
    }

    [Fact]
    public async Task Two_consumers_of_a_group_share_the_messages_and_each_is_handled_once()
    {
        var seen = new ConcurrentBag<int>();
        var consumers = new[] { await StartAsync("g", Collect(seen)), await StartAsync("g", Collect(seen)) };

        for (var batch = 0; batch < 10; batch++) await AppendAsync(batch * 100, 100);

        await EventuallyAsync(() => seen.Count >= 1000);
        foreach (var consumer in consumers) await consumer.StopAsync(CancellationToken.None);
        Assert.Equal(Enumerable.Range(0, 1000), seen.Order());
    }

    [Fact]
    public async Task A_refused_message_comes_again_and_the_others_do_not()
    {
        var seen = new ConcurrentBag<int>();
        var consumer = await StartAsync("g", message =>
        {
            seen.Add(message);
            return message == 3 && seen.Count(m => m == 3) < 3 ? Verdict.Again : Verdict.Complete;
        });

        await AppendAsync(0, 5);

        await EventuallyAsync(() => seen.Count >= 7);
        await consumer.StopAsync(CancellationToken.None);
        Assert.Equal([0, 1, 2, 3, 3, 3, 4], seen.Order());
    }

    [Fact]
    public async Task What_a_consumer_returns_goes_to_the_next_and_what_it_completed_does_not()
    {
        var first = new ConcurrentBag<int>();
        var consumer = await StartAsync("g", message =>
        {
            first.Add(message);
            return message == 2 ? Verdict.Return : Verdict.Complete;
        });
        await AppendAsync(0, 4);
        await EventuallyAsync(() => first.Count == 4);
        await consumer.StopAsync(CancellationToken.None);

        var second = new ConcurrentBag<int>();
        consumer = await StartAsync("g", Collect(second));

        await EventuallyAsync(() => !second.IsEmpty);
        await consumer.StopAsync(CancellationToken.None);
        Assert.Equal([2], second);
    }

    [Fact]
    public async Task What_a_killed_process_held_comes_again_at_once_and_not_after_its_time()
    {
        using var process = Process.Start("sleep", "60");
        var first = new ConcurrentBag<int>();
        var dead = await StartAsync("g", Collect(first), ProcessOwner.New(process.Id), new TaskCompletionSource().Task);
        await AppendAsync(0, 3);
        await EventuallyAsync(() => first.Count == 3);
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        var second = new ConcurrentBag<int>();
        var consumer = await StartAsync("g", Collect(second));

        await EventuallyAsync(() => second.Count == 3);
        await consumer.StopAsync(CancellationToken.None);
        await dead.StopAsync(new CancellationToken(canceled: true));
        Assert.Equal([0, 1, 2], second.Order());
    }

    [Fact]
    public async Task A_new_group_that_begins_with_the_oldest_gets_what_nobody_has_read_yet()
    {
        await AppendAsync(0, 5);
        var seen = new ConcurrentBag<int>();

        var consumer = await StartAsync("late", Collect(seen), fromOldest: true);

        await EventuallyAsync(() => seen.Count == 5);
        await consumer.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_new_group_gets_what_comes_after_it_and_messages_all_groups_have_done_leave_the_log()
    {
        await AppendAsync(0, 10);
        var seen = new ConcurrentBag<int>();
        var consumer = await StartAsync("late", Collect(seen));

        await AppendAsync(10, 10);

        await EventuallyAsync(() => seen.Count == 10 && Stored() == 0);
        await consumer.StopAsync(CancellationToken.None);
        Assert.Equal(Enumerable.Range(10, 10), seen.Order());
    }

    private static Func<int, Verdict> Collect(ConcurrentBag<int> seen) => message =>
    {
        seen.Add(message);
        return Verdict.Complete;
    };

    private static async Task EventuallyAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!holds()) await Task.Delay(10, limit.Token);
    }

    private long Stored() => _database.Read(connection => (long)connection.Prepared("SELECT count(*) FROM pubsub_message").ExecuteScalar()!);

    // A consumer with an 'after' takes messages and never gets to their end.
    private async Task<LogConsumer> StartAsync(
        string group, Func<int, Verdict> handle, string? owner = null, Task? after = null, bool fromOldest = false)
    {
        var consumers = await _log.JoinAsync("orders", group, fromOldest, TestContext.Current.CancellationToken);
        var consumer = new LogConsumer(_log, consumers, Quick, HandleAsync, TimeProvider.System, NullLogger.Instance, owner);
        consumer.Start();
        return consumer;

        async Task<IReadOnlyList<Verdict>> HandleAsync(IReadOnlyList<LogMessage> batch, CancellationToken cancellation)
        {
            Verdict[] verdicts = [.. batch.Select(m => handle(Number(m)))];
            if (after is not null) await after.WaitAsync(cancellation);
            return verdicts;
        }
    }

    private static int Number(LogMessage message) => int.Parse(Encoding.UTF8.GetString(message.Data), CultureInfo.InvariantCulture);

    private ValueTask AppendAsync(int first, int count) => _log.AppendAsync(
        "orders",
        [.. Enumerable.Range(first, count).Select(n => new NewMessage(Encoding.UTF8.GetBytes(n.ToString(CultureInfo.InvariantCulture))))],
        TimeProvider.System.GetUtcNow(),
        CancellationToken.None);
}
