using System.Collections.Concurrent;
using LocalDapr.Runtime.Actors;
using LocalDapr.Runtime.Actors.Hosting;
using LocalDapr.Runtime.Actors.Reminders;
using LocalDapr.Runtime.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LocalDapr.Runtime.Tests.Actors;

public sealed class ActorRemindersTests : IAsyncDisposable
{
    private static readonly ActorKey actor = new("T", "a");

    private readonly FakeTime _time = new();
    private readonly SqliteDatabase _database = SqliteDatabase.OpenInMemory(NullLogger.Instance);

    [Theory]
    [InlineData(nameof(Firing.Unreached), 20, 21)]
    [InlineData(nameof(Firing.Failed), 20, 3)]
    public async Task Only_what_reached_the_app_counts_as_an_attempt(string outcome, int before, int fired)
    {
        var first = Enum.Parse<Firing>(outcome);
        var seen = 0;
        using var reminders = new ActorReminders(
            new ReminderStore(_database),
            new(),
            _time,
            (_, _, _) => Task.FromResult(Interlocked.Increment(ref seen) > before ? Firing.Taken : first),
            TestContext.Current.CancellationToken);
        await reminders.OpenAsync();
        var policy = new FailurePolicy(TimeSpan.FromSeconds(1), 2);

        await reminders.RegisterAsync(new Reminder(actor, "r", 1) { NextDue = _time.GetUtcNow(), Policy = policy }, overwrite: false);

        await OneSidecar.EventuallyAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return Task.FromResult(reminders.Find(actor, "r") is null);
            },
            "the end of the reminder");
        Assert.Equal(fired, seen);
    }

    [Fact]
    public async Task Attempts_are_an_interval_apart_however_long_they_take()
    {
        var (begun, slow) = (new ConcurrentQueue<DateTimeOffset>(), new TaskCompletionSource());
        using var reminders = new ActorReminders(
            new ReminderStore(_database),
            new(),
            _time,
            async (_, _, _) =>
            {
                begun.Enqueue(_time.GetUtcNow());
                await slow.Task;
                return Firing.Failed;
            },
            TestContext.Current.CancellationToken);
        await reminders.OpenAsync();
        // The clock goes on while the callback is under way, the more the slower the machine is: the interval is long beside that.
        var policy = new FailurePolicy(TimeSpan.FromSeconds(1_000), 1);

        await reminders.RegisterAsync(new Reminder(actor, "r", 1) { NextDue = _time.GetUtcNow(), Policy = policy }, overwrite: false);
        await BegunAsync(1);
        _time.Advance(TimeSpan.FromSeconds(995));
        slow.SetResult();
        await BegunAsync(2);

        Assert.InRange((begun.Last() - begun.First()).TotalSeconds, 1_000, 1_900);

        Task BegunAsync(int attempts) => OneSidecar.EventuallyAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
                return Task.FromResult(begun.Count == attempts);
            },
            $"attempt {attempts}");
    }

    [Fact]
    public async Task Very_many_callbacks_at_one_time_wait_for_each_other_but_not_for_those_that_wait_for_a_turn()
    {
        var (done, running, waiting) = (new TaskCompletionSource(), 0, 0);
        using var reminders = new ActorReminders(
            new ReminderStore(_database),
            new(),
            _time,
            async (reminder, waits, _) =>
            {
                if (reminder.Actor == actor)
                {
                    waits();
                    Interlocked.Increment(ref waiting);
                }
                else
                {
                    Interlocked.Increment(ref running);
                }

                await done.Task;
                return Firing.Taken;
            },
            TestContext.Current.CancellationToken);
        await reminders.OpenAsync();

        for (var i = 0; i < 300; i++) await RegisterAsync(actor, $"{i}");
        await ComeDueAsync(() => waiting == 300, "all that wait for the turn");
        for (var i = 0; i < 300; i++) await RegisterAsync(new ActorKey("T", $"other{i}"), "r");
        await ComeDueAsync(() => running == 256, "as many callbacks as may run");
        done.SetResult();

        await ComeDueAsync(() => reminders.List("T", id: null).Count == 0, "the end of all");
        Assert.Equal((300, 300), (waiting, running));

        Task ComeDueAsync(Func<bool> condition, string what) => OneSidecar.EventuallyAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(1));
                return Task.FromResult(condition());
            },
            what);

        Task RegisterAsync(ActorKey of, string name) =>
            reminders.RegisterAsync(new Reminder(of, name, 1) { NextDue = _time.GetUtcNow() }, overwrite: false);
    }

    [Fact]
    public async Task Reminders_of_a_file_from_before_the_ttls_text_are_kept()
    {
        var stop = TestContext.Current.CancellationToken;
        await _database.WriteAsync(
            connection => connection.Execute(
                """
                CREATE TABLE actor_reminders (
                  type TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, data BLOB, due_text TEXT NOT NULL,
                  period_text TEXT NOT NULL, next_due INTEGER NOT NULL, remaining INTEGER, ends INTEGER, retry_ms INTEGER NOT NULL, retries INTEGER,
                  PRIMARY KEY (type, id, name)) WITHOUT ROWID;
                INSERT INTO actor_reminders VALUES ('T', 'a', 'old', 7, NULL, '5s', '1m', 60000, 3, 90000, 1000, NULL)
                """),
            stop);
        var store = new ReminderStore(_database);

        for (var start = 0; start < 2; start++) await store.OpenAsync();

        var old = store.Find(actor, "old")!;
        Assert.Equal((7, "5s", "1m", 3, "", null), (old.Version, old.DueText, old.PeriodText, old.Remaining, old.TtlText, old.ShownTtl));
        Assert.Equal((60_000, 90_000), (old.NextDue.ToUnixTimeMilliseconds(), old.Ends!.Value.ToUnixTimeMilliseconds()));
        Assert.True(await store.SaveAsync(new Reminder(actor, "new", 8) { TtlText = "2030-01-02T03:04:05Z" }, overwrite: false));
        Assert.Equal("2030-01-02T03:04:05Z", store.Find(actor, "new")!.ShownTtl);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
