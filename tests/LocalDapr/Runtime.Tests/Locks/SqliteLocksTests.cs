using LocalDapr.Runtime.Locks;
using LocalDapr.Runtime.Storage;
using LocalDapr.Runtime.Tests.Actors;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LocalDapr.Runtime.Tests.Locks;

public sealed class SqliteLocksTests : IAsyncLifetime
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly FakeTime _time = new();
    private readonly SqliteDatabase _database = SqliteDatabase.OpenInMemory(NullLogger.Instance);
    private SqliteLocks _locks = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _locks = new SqliteLocks(_database, _time);
        return _locks.OpenAsync(Stop);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_held_lock_is_given_to_nobody_not_even_to_its_owner()
    {
        Assert.True(await _locks.TryLockAsync("k", "a", Minute, Stop));

        Assert.False(await _locks.TryLockAsync("k", "b", Minute, Stop));
        Assert.False(await _locks.TryLockAsync("k", "a", Minute, Stop));
    }

    [Fact]
    public async Task A_lock_ends_with_its_time_and_its_former_owner_cannot_give_back_what_another_holds()
    {
        await _locks.TryLockAsync("k", "a", Minute, Stop);

        _time.Advance(Minute);

        Assert.Equal(UnlockOutcome.NotHeld, await _locks.UnlockAsync("k", "a", Stop));
        Assert.True(await _locks.TryLockAsync("k", "b", Minute, Stop));
        Assert.Equal(UnlockOutcome.HeldByAnother, await _locks.UnlockAsync("k", "a", Stop));
        Assert.Equal(UnlockOutcome.Done, await _locks.UnlockAsync("k", "b", Stop));
    }

    [Fact]
    public async Task Of_many_who_ask_at_once_one_gets_the_lock()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => _locks.TryLockAsync("k", $"owner-{i}", Minute, Stop).AsTask()));

        Assert.Single(answers, taken => taken);
    }
}
