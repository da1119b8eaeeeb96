using System.Collections.Concurrent;
using LocalDapr.Runtime.Actors;
using LocalDapr.Runtime.Actors.Hosting;
using LocalDapr.Runtime.Actors.Turns;
using Xunit;

namespace LocalDapr.Runtime.Tests.Actors;

/// <summary>Two hosts' tables under one set of claims: an actor is active in one of them at a time, however it moves.</summary>
public sealed class ActorMoveTests
{
    private static readonly ActorTypeOptions options = ActorTypeOptions.Default with { DrainTimeout = TimeSpan.FromSeconds(2), Reentrant = true };
    private static readonly ActorKey actor = new("T", "a");

    private readonly FakeTime _time = new();
    private readonly ConcurrentDictionary<ActorKey, string> _owners = new();
    private readonly ConcurrentQueue<string> _deactivated = new();
    private readonly ActorTable _old;
    private readonly ActorTable _new;
    private volatile string _home = "old";

    public ActorMoveTests() => (_old, _new) = (Table("old"), Table("new"));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_moved_actor_ends_its_turn_and_is_told_before_it_comes_up_elsewhere()
    {
        var turn = (await EnterAsync(_old))!;
        _home = "new";
        var draining = _old.DrainAsync(Cancellation);

        Assert.Null(await EnterAsync(_new));
        Assert.False(draining.IsCompleted);
        turn.Turns.Exit();
        await draining;

        Assert.Equal(["old"], _deactivated);
        Assert.Null(await EnterAsync(_old));
        Assert.NotNull(await EnterAsync(_new));
    }

    [Fact]
    public async Task A_turn_that_calls_its_own_actor_gets_in_while_the_actor_is_being_moved()
    {
        var turn = (await EnterAsync(_old, "chain"))!;
        _home = "new";
        var draining = _old.DrainAsync(Cancellation);

        var inner = await EnterAsync(_old, "chain");
        inner!.Turns.Exit();
        turn.Turns.Exit();
        await draining;

        Assert.Equal(["old"], _deactivated);
    }

    [Fact]
    public async Task When_an_app_is_gone_its_idle_actors_are_free_at_once_and_a_busy_one_when_its_call_has_failed()
    {
        var turn = (await EnterAsync(_old))!;
        var idle = new ActorKey("T", "idle");
        (await _old.EnterAsync(idle, options, null, Cancellation))!.Turns.Exit();
        _home = "new";

        var abandoned = _old.AbandonAllAsync();
        Assert.NotNull(await _new.EnterAsync(idle, options, null, Cancellation));
        Assert.Null(await EnterAsync(_new));
        turn.Turns.Exit();
        await abandoned;

        Assert.NotNull(await EnterAsync(_new));
        Assert.Empty(_deactivated);
    }

    [Fact]
    public async Task A_turn_that_outlasts_the_drain_keeps_its_actor_from_the_other_host()
    {
        var turn = (await EnterAsync(_old))!;
        _home = "new";
        var ending = _old.DeactivateAllAsync(Cancellation);

        while (!ending.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(["old"], _deactivated);
        Assert.Null(await EnterAsync(_new));
        var waiting = EnterAsync(_old).AsTask();
        Assert.False(waiting.IsCompleted);

        turn.Turns.Exit();
        Assert.Null(await waiting);
        Assert.NotNull(await EnterAsync(_new));
    }

    private ActorTable Table(string name) => new(
        _time,
        (_, _) =>
        {
            _deactivated.Enqueue(name);
            return Task.CompletedTask;
        },
        new ActorClaims(_ => _home == name, key => _owners.GetOrAdd(key, name) == name, key => _owners.TryRemove(new(key, name))));

    private static ValueTask<ActiveActor?> EnterAsync(ActorTable table, string? chain = null) =>
        table.EnterAsync(actor, options, chain, Cancellation);
}
