using System.Collections.Concurrent;
using LocalDapr.Runtime.Actors;
using LocalDapr.Runtime.Actors.Hosting;
using LocalDapr.Runtime.Actors.Turns;
using Xunit;

namespace LocalDapr.Runtime.Tests.Actors;

public sealed class ActorTableTests
{
    private static readonly ActorTypeOptions options = ActorTypeOptions.Default with { IdleTimeout = TimeSpan.FromSeconds(10) };
    private readonly FakeTime _time = new();
    private readonly ConcurrentQueue<ActorKey> _deactivated = new();
    private readonly ActorTable _table;

    public ActorTableTests() => _table = new ActorTable(_time, (actor, _) =>
    {
        _deactivated.Enqueue(actor);
        return Task.CompletedTask;
    }, ActorClaims.Free);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_actor_that_was_idle_for_its_timeout_is_deactivated_once()
    {
        await TakeTurnAsync("a");
        _time.Advance(TimeSpan.FromSeconds(9));
        await _table.DeactivateIdleAsync(Cancellation);
        Assert.True(_table.IsActive(Key("a")));

        _time.Advance(TimeSpan.FromSeconds(1));
        await _table.DeactivateIdleAsync(Cancellation);
        await _table.DeactivateIdleAsync(Cancellation);

        Assert.False(_table.IsActive(Key("a")));
        Assert.Equal([Key("a")], _deactivated);
    }

    [Fact]
    public async Task A_turn_that_is_seen_overdue_twice_is_cut_off_and_whoever_waits_gets_a_new_actor()
    {
        var turn = await _table.EnterAsync(Key("a"), options, null, Cancellation);
        var waiting = _table.EnterAsync(Key("a"), options, null, Cancellation).AsTask();
        _time.Advance(TimeSpan.FromSeconds(11));

        await _table.DeactivateIdleAsync(Cancellation);
        Assert.False(turn!.CutOff.IsCancellationRequested);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = turn.CutOff.Register(cancelled.SetResult);
        for (var look = 0; look < 3; look++) await _table.DeactivateIdleAsync(Cancellation);
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        Assert.False(waiting.IsCompleted);
        Assert.Empty(_deactivated);

        turn.Turns.Exit();
        var next = await waiting;
        Assert.Equal([Key("a")], _deactivated);
        Assert.NotSame(turn, next);
        Assert.False(next!.CutOff.IsCancellationRequested);
    }

    [Fact]
    public async Task A_running_turn_keeps_its_actor_at_first_and_a_new_turn_starts_the_idle_time_again()
    {
        var turn = await _table.EnterAsync(Key("a"), options, null, Cancellation);
        _time.Advance(TimeSpan.FromMinutes(1));
        await _table.DeactivateIdleAsync(Cancellation);
        turn!.Turns.Exit();
        await TakeTurnAsync("a");
        await _table.DeactivateIdleAsync(Cancellation);

        Assert.Empty(_deactivated);
        Assert.Equal(1, _table.CountOf("T"));
    }

    [Fact]
    public async Task Apps_that_hang_over_a_deactivation_keep_no_other_actor_from_it()
    {
        var (asked, answered) = (new ConcurrentQueue<ActorKey>(), new TaskCompletionSource());
        var table = new ActorTable(_time, (actor, _) =>
        {
            asked.Enqueue(actor);
            return answered.Task;
        }, ActorClaims.Free);
        for (var i = 0; i < 40; i++) (await table.EnterAsync(Key($"{i}"), options, null, Cancellation))!.Turns.Exit();
        _time.Advance(TimeSpan.FromSeconds(11));

        var scan = table.DeactivateIdleAsync(Cancellation);
        Assert.Equal((false, 32), (scan.IsCompleted, asked.Count));
        _time.Advance(TimeSpan.FromSeconds(2));
        await scan.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        for (var look = 0; look < 3; look++) await table.DeactivateIdleAsync(Cancellation);

        Assert.Equal(40, asked.Distinct().Count());
        Assert.Equal(40, asked.Count);
        answered.SetResult();
        await OneSidecar.EventuallyAsync(() => Task.FromResult(table.CountOf("T") == 0), "the end of all");
    }

    [Fact]
    public async Task A_call_that_comes_during_the_deactivation_activates_the_actor_again()
    {
        await TakeTurnAsync("a");
        _time.Advance(TimeSpan.FromSeconds(11));
        await _table.DeactivateIdleAsync(Cancellation);

        await TakeTurnAsync("a");

        Assert.True(_table.IsActive(Key("a")));
    }

    [Fact]
    public async Task The_end_waits_for_running_turns_and_deactivates_all()
    {
        var turn = await _table.EnterAsync(Key("busy"), options, null, Cancellation);
        await TakeTurnAsync("free");
        var ending = _table.DeactivateAllAsync(Cancellation);

        Assert.False(ending.IsCompleted);
        turn!.Turns.Exit();
        await ending;

        Assert.Equal(2, _deactivated.Count);
        Assert.Equal(0, _table.CountOf("T"));
    }

    [Fact]
    public async Task An_app_that_is_gone_while_an_actor_is_deactivated_is_abandoned_when_that_has_ended()
    {
        var (asked, answered) = (new TaskCompletionSource(), new TaskCompletionSource());
        var table = new ActorTable(_time, (_, _) =>
        {
            asked.SetResult();
            return answered.Task;
        }, ActorClaims.Free);
        (await table.EnterAsync(Key("a"), options, null, Cancellation))!.Turns.Exit();
        var ending = table.DeactivateAllAsync(Cancellation);
        await asked.Task;
        var abandoned = table.AbandonAllAsync();
        Assert.False(abandoned.IsCompleted);

        answered.SetResult();

        await ending;
        await abandoned.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
    }

    private static ActorKey Key(string id) => new("T", id);

    private async Task TakeTurnAsync(string id) => (await _table.EnterAsync(Key(id), options, null, Cancellation))!.Turns.Exit();
}
