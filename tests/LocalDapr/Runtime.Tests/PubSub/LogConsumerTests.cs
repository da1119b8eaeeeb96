using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using LocalDapr.Runtime.PubSub.Log;
using LocalDapr.Runtime.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LocalDapr.Runtime.Tests.PubSub;

public sealed class LogConsumerTests : IAsyncDisposable
{
    private static readonly ConsumerOptions Quick = new()
    {
        RedeliverInterval = TimeSpan.FromMilliseconds(50), ProcessingTimeout = TimeSpan.FromSeconds(2),
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
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!holds()) await Task.Delay(10, limit.Token);
    }

    private long Stored() => _database.Read(connection => (long)connection.Prepared("SELECT count(*) FROM pubsub_message").ExecuteScalar()!);

    private async Task<LogConsumer> StartAsync(string group, Func<int, Verdict> handle)
    {
        var consumers = await _log.JoinAsync("orders", group, fromOldest: false, TestContext.Current.CancellationToken);
        var consumer = new LogConsumer(
            _log, consumers, Quick,
            (batch, _) => Task.FromResult<IReadOnlyList<Verdict>>([.. batch.Select(m => handle(Number(m)))]),
            TimeProvider.System, NullLogger.Instance);
        consumer.Start();
        return consumer;
    }

    private static int Number(LogMessage message) => int.Parse(Encoding.UTF8.GetString(message.Data), CultureInfo.InvariantCulture);

    private ValueTask AppendAsync(int first, int count) => _log.AppendAsync(
        "orders",
        [.. Enumerable.Range(first, count).Select(n => new NewMessage(Encoding.UTF8.GetBytes(n.ToString(CultureInfo.InvariantCulture))))],
        TimeProvider.System.GetUtcNow(),
        CancellationToken.None);
}
