using System.Text;
using DaprOrders.Contracts;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.EventStore.Postgres;
using DaprOrders.Ordering.Orders;
using DaprOrders.Services.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace DaprOrders.Ordering.Tests.Postgres;

/// <summary>Two stores, as two processes have them, on one database.</summary>
public sealed class SharedStoreTests(PostgresServer server) : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);
    private readonly OrderWatch watch = new();
    private string database = "";
    private OrderEventStore one = null!;
    private OrderEventStore other = null!;

    public async ValueTask InitializeAsync()
    {
        database = await server.NewDatabaseAsync();
        one = new OrderEventStore(Tables("one"), watch);
        other = new OrderEventStore(Tables("other"), new OrderWatch());
    }

    public async ValueTask DisposeAsync()
    {
        if (one is null) return;
        await one.DisposeAsync();
        await other.DisposeAsync();
    }

    [Fact]
    public async Task A_key_that_both_are_given_at_once_stores_one_order_and_both_give_its_answer()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => (i % 2 == 0 ? one : other).PlaceAsync($"o{i}", $"key-{i / 4}", $"answer {i}")));

        Assert.Equal(50, answers.Count(answer => answer.IsNew));
        Assert.All(answers.Select((answer, i) => (Key: i / 4, Text: Encoding.UTF8.GetString(answer.Answer))).GroupBy(a => a.Key), key => Assert.Single(key.Select(a => a.Text).Distinct()));
        Assert.Equal(50, (await one.Read.InOrderOfAcceptanceAsync(0, 1000)).Count);
    }

    [Fact]
    public async Task A_long_outbox_is_estimated_by_a_look_that_reads_little_of_it()
    {
        const int Events = 200_000;
        await one.PlaceAsync("o1", "key");
        await one.Read.LeaseAsync(Long, CancellationToken.None);
        await using var source = NpgsqlDataSource.Create(database);
        await using (var fill = source.CreateCommand(
            $"INSERT INTO order_events(bucket, order_id, version, name, data) SELECT (n * 7919) % 64, 'filled-' || n, 1, 'accepted', '{{}}' FROM generate_series(2, {Events}) n; ANALYZE order_events"))
            await fill.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        Assert.InRange(one.Read.Outbox().Waiting, Events * 0.95, Events * 1.05);
        await using var explain = source.CreateCommand($"EXPLAIN (ANALYZE, BUFFERS) {PostgresTables.WaitingSql.Replace("?", "$1", StringComparison.Ordinal)}");
        explain.Parameters.Add(new NpgsqlParameter { Value = Enumerable.Range(0, 64).Select(bucket => (short)bucket).ToArray() });
        var plan = new StringBuilder();
        await using (var rows = await explain.ExecuteReaderAsync(TestContext.Current.CancellationToken))
            while (await rows.ReadAsync(TestContext.Current.CancellationToken)) plan.AppendLine(rows.GetString(0));
        Assert.DoesNotContain("Seq Scan on order_events", $"{plan}", StringComparison.Ordinal);
        Assert.Equal(2, $"{plan}".Split("using order_events_by_bucket on order_events").Length - 1);
        Assert.DoesNotContain("order_events_by_position", $"{plan}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_waits_is_counted_exactly_while_it_is_little()
    {
        for (var i = 0; i < 100; i++) await one.PlaceAsync($"o{i}", $"key-{i}");
        await one.Read.LeaseAsync(Long, CancellationToken.None);

        Assert.Equal(100, one.Read.Outbox().Waiting);
    }

    [Fact]
    public async Task Of_two_decisions_at_once_one_counts_and_a_key_gets_its_answer_from_both()
    {
        for (var round = 0; round < 20; round++)
        {
            var id = $"o{round}";
            await one.PlaceAsync(id, id);
            Task<Decided> CancelAsync(OrderEventStore store, string key) => store.DecideAsync(id, new Asked($"{id}/{key}", "hash"),
                order => order.CancelledBy is null ? (order with { CancelledBy = key }, SagaCommand.Decided) : null, Some.Now);

            var decided = await Task.WhenAll(CancelAsync(one, "a"), CancelAsync(other, "b"), CancelAsync(other, "a"));

            var winner = (await one.FindAsync(id))!.CancelledBy;
            Assert.Equal(winner, (await other.FindAsync(id))!.CancelledBy);
            Assert.Equal([winner == "a", winner == "b", winner == "a"], decided.Select(d => d.IsPossible));
            Assert.Single(decided, d => d.Answer?.IsNew == true);
        }
    }

    [Fact]
    public async Task What_one_appends_the_other_reads_at_once_and_goes_on_from()
    {
        await one.PlaceAsync("o1", "o1");
        await other.AppendAsync("o1", _ => [new Happening(OrderEventNames.StockReserved)], Some.Now);
        await one.AppendAsync("o1", _ => [new Happening(OrderEventNames.StockReserved), new Happening(OrderEventNames.PaymentAuthorised)], Some.Now);

        Assert.Equal(3, (await other.FindAsync("o1"))!.View.Version);
        Assert.Equal(3, (await one.FindAsync("o1"))!.View.Version);
        Assert.Equal([1L, 2L, 3L], (await other.Read.EventsOfAsync("o1")).Select(stored => stored.Version));
    }

    [Fact]
    public async Task A_customers_limit_counts_what_both_store()
    {
        async Task<StoredAnswer?> WithinAsync(int i) => await (i % 2 == 0 ? one : other).PlaceAsync(new Asked($"k{i}", "hash"), Some.Order($"o{i}"), Some.Accepted($"o{i}"), [1], 5000);

        var stored = await Task.WhenAll(Enumerable.Range(0, 40).Select(WithinAsync)); // each is over 1000

        Assert.Equal(5, stored.Count(answer => answer is not null));
    }

    [Fact]
    public async Task A_reader_never_passes_an_event_whose_commit_comes_late()
    {
        await one.PlaceAsync("o1", "o1");
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var late = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var insert = new NpgsqlCommand(
                         "SELECT order_events_announce(); INSERT INTO order_events(bucket, order_id, version, name, data) VALUES (0, 'late', 1, 'accepted', '{}')", connection, late))
            await insert.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var before = await one.Read.HorizonAsync();
        await other.PlaceAsync("o2", "o2"); // draws a higher position and commits first

        Assert.Equal(before, await one.Read.HorizonAsync());
        Assert.Equal(["o1"], (await other.Read.StatusChangesAfterAsync(0, 10)).Select(stored => stored.OrderId));

        await late.CommitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["o1", "late", "o2"], (await other.Read.StatusChangesAfterAsync(0, 10)).Select(stored => stored.OrderId));
    }

    [Fact]
    public async Task Who_follows_the_stream_while_both_write_sees_every_event_once_and_each_orders_in_order()
    {
        var writing = Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            await (i % 2 == 0 ? one : other).PlaceAsync($"o{i}", $"o{i}");
            for (var step = 0; step < 3; step++)
                await ((i + step) % 2 == 0 ? one : other).AppendAsync($"o{i}", order => [new Happening(Steps[order.Events.Count - 1])], Some.Now);
        }));

        var (seen, position) = (new List<string>(), 0L);
        await Until.FoundAsync(async () =>
        {
            var isOver = writing.IsCompleted;
            for (var page = await one.Read.StatusChangesAfterAsync(position, 7); page.Count > 0; page = await one.Read.StatusChangesAfterAsync(position, 7))
            {
                seen.AddRange(page.Select(stored => $"{stored.OrderId}:{stored.Version}"));
                position = page[^1].Position;
            }

            return isOver ? "over" : null;
        }, "the writers' end");
        await writing;

        Assert.Equal(400, seen.Count);
        Assert.Equal(400, seen.Distinct().Count());
        Assert.All(seen.GroupBy(id => id.Split(':')[0]), order => Assert.Equal([1, 2, 3, 4], order.Select(id => int.Parse(id.Split(':')[1], null))));
    }

    [Fact]
    public async Task A_commit_of_one_wakes_who_waits_at_the_other()
    {
        await other.PlaceAsync("o1", "o1");
        var waiting = watch.WaitForEndAsync("o1", () => one.FindAsync("o1"), TimeSpan.FromMinutes(1), CancellationToken.None);

        await other.AppendAsync("o1", _ => [new Happening(OrderEventNames.Rejected, "out-of-stock")], Some.Now);

        Assert.Equal("rejected", (await waiting.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken))!.View.Status);
        await Until.TrueAsync(() => one.Events.Next.IsCompleted is false, "a signal to wait for");
    }

    [Fact]
    public async Task Buckets_are_divided_when_somebody_comes_and_taken_over_when_somebody_goes()
    {
        Assert.Equal(64, (await LeaseAsync(one, Long)).Count);
        Assert.Empty(await LeaseAsync(other, Long));      // nothing is free yet
        Assert.Equal(32, (await LeaseAsync(one, Long)).Count); // gives half back
        var taken = await LeaseAsync(other, Long);
        Assert.Equal(32, taken.Count);
        Assert.All(taken, share => Assert.Equal(2, share.Epoch));

        await one.Read.ReleaseAsync(TestContext.Current.CancellationToken);
        Assert.Equal(64, (await LeaseAsync(other, Long)).Count);
    }

    [Fact]
    public async Task Who_was_killed_is_followed_when_his_term_is_over_and_his_mark_counts_no_more()
    {
        await one.PlaceAsync("o1", "o1");
        var mine = (await LeaseAsync(one, TimeSpan.FromMilliseconds(200))).Single(share => share.Bucket == OrderTables.BucketOf("o1"));
        var next = await Until.FoundAsync(async () => (await LeaseAsync(other, Long)).FirstOrDefault(share => share.Bucket == mine.Bucket), "the bucket of the one who is gone");

        Assert.Equal([mine.Bucket], await one.SetPublishedAsync([new Mark(mine.Bucket, mine.Epoch, 7)]));
        Assert.Empty(await other.SetPublishedAsync([new Mark(next.Bucket, next.Epoch, 1)]));
        Assert.Equal(1, (await LeaseAsync(other, Long)).Single(share => share.Bucket == mine.Bucket).Published);
    }

    [Fact]
    public async Task The_migration_may_run_many_times_at_once()
    {
        var options = Some.Options("unused") with { Postgres = await server.NewDatabaseAsync() };

        Assert.All(await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Task.Run(() => Migration.RunAsync(options)))), code => Assert.Equal(0, code));
        Assert.Equal(1, await Migration.RunAsync(options with { Postgres = "Host=127.0.0.1;Port=1;Username=nobody;Database=none" }));
    }

    /// <summary>Each changes the status, so that the stream of changes holds them all.</summary>
    private static readonly string[] Steps = [OrderEventNames.ApprovalRequested, OrderEventNames.Approved, OrderEventNames.Parked];

    private static Task<IReadOnlyList<Share>> LeaseAsync(OrderEventStore store, TimeSpan term) => store.Read.LeaseAsync(term, TestContext.Current.CancellationToken);

    private PostgresTables Tables(string owner) => new(database, owner, NullLogger<PostgresTables>.Instance);
}
