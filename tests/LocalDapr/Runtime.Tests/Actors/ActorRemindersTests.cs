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
            (_, _) => Task.FromResult(Interlocked.Increment(ref seen) > before ? Firing.Taken : first),
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

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
