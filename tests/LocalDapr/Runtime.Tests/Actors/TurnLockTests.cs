using LocalDapr.Runtime.Actors.Turns;
using Xunit;

namespace LocalDapr.Runtime.Tests.Actors;

public sealed class TurnLockTests
{
    private readonly TurnLock _turns = new();

    [Fact]
    public async Task Turns_are_given_one_at_a_time_in_the_order_of_arrival()
    {
        Assert.Equal(TurnEntry.Entered, await EnterAsync());
        var order = new List<int>();
        var waiting = Enumerable.Range(0, 5).Select(async i =>
        {
            await EnterAsync();
            order.Add(i);
            _turns.Exit();
        }).ToList();

        Assert.Empty(order);
        _turns.Exit();
        await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        Assert.Equal([0, 1, 2, 3, 4], order);
    }

    [Fact]
    public async Task However_many_turns_end_at_once_the_stack_is_enough()
    {
        await EnterAsync();
        var (inside, ended) = (0, 0);
        var waiting = Enumerable.Range(0, 50_000).Select(async _ =>
        {
            await EnterAsync();
            Assert.Equal(1, Interlocked.Increment(ref inside));
            ended++;
            Interlocked.Decrement(ref inside);
            _turns.Exit();
        }).ToList();

        _turns.Exit();
        await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        Assert.Equal(50_000, ended);
    }

    [Fact]
    public async Task Who_waits_goes_on_before_the_one_who_ends_the_turn()
    {
        await EnterAsync();
        var steps = new List<string>();
        var next = NextAsync();

        _turns.Exit();
        steps.Add("ended");
        await next;

        Assert.Equal(["next", "ended"], steps);

        async Task NextAsync()
        {
            await EnterAsync();
            steps.Add("next");
        }
    }

    [Fact]
    public async Task The_own_chain_enters_again_up_to_its_depth_and_others_wait()
    {
        await EnterAsync("a");
        var stranger = EnterAsync("b").AsTask();

        Assert.Equal(TurnEntry.Entered, await EnterAsync("a"));
        Assert.Equal(TurnEntry.TooDeep, await EnterAsync("a"));
        _turns.Exit();
        Assert.False(stranger.IsCompleted);

        _turns.Exit();
        Assert.Equal(TurnEntry.Entered, await stranger);
    }

    [Fact]
    public async Task After_a_call_that_was_too_deep_the_actor_goes_on()
    {
        await EnterAsync("a");
        await EnterAsync("a");
        await EnterAsync("a");
        _turns.Exit();
        _turns.Exit();

        Assert.Equal(TurnEntry.Entered, await EnterAsync("b"));
    }

    [Fact]
    public async Task Those_of_one_chain_that_wait_enter_together_and_end_one_by_one()
    {
        await EnterAsync("a");
        var first = EnterAsync("b").AsTask();
        var stranger = EnterAsync("c").AsTask();
        var second = EnterAsync("b").AsTask();

        _turns.Exit();
        Assert.Equal([TurnEntry.Entered, TurnEntry.Entered], await SoonAsync(first, second));
        _turns.Exit();
        Assert.False(stranger.IsCompleted);

        _turns.Exit();
        Assert.Equal(TurnEntry.Entered, await stranger);
    }

    [Fact]
    public async Task Those_that_wait_count_for_the_depth_of_their_chain_until_they_give_up()
    {
        await EnterAsync("a");
        using var impatience = new CancellationTokenSource();
        var first = EnterAsync("b").AsTask();
        var gone = _turns.EnterAsync("b", 2, impatience.Token).AsTask();

        Assert.Equal([TurnEntry.TooDeep], await SoonAsync(EnterAsync("b").AsTask()));
        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        var third = EnterAsync("b").AsTask();
        _turns.Exit();

        Assert.Equal([TurnEntry.Entered, TurnEntry.Entered], await SoonAsync(first, third));
        _turns.Exit();
        Assert.False(_turns.TryEnterIdle());
        _turns.Exit();
        Assert.True(_turns.TryEnterIdle());
    }

    [Fact]
    public async Task A_chain_that_has_given_up_waiting_holds_up_nobody()
    {
        await EnterAsync("a");
        using var impatience = new CancellationTokenSource();
        var gone = new[] { _turns.EnterAsync("b", 2, impatience.Token).AsTask(), _turns.EnterAsync("b", 2, impatience.Token).AsTask() };
        var next = EnterAsync("c").AsTask();

        await impatience.CancelAsync();
        foreach (var waiting in gone) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        _turns.Exit();

        Assert.Equal(TurnEntry.Entered, await next);
    }

    [Fact]
    public async Task Who_gives_up_waiting_loses_the_place_and_the_next_gets_the_turn()
    {
        await EnterAsync();
        using var impatience = new CancellationTokenSource();
        var gone = _turns.EnterAsync(null, 2, impatience.Token).AsTask();
        var next = EnterAsync().AsTask();

        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        _turns.Exit();

        Assert.Equal(TurnEntry.Entered, await next);
    }

    [Fact]
    public async Task A_closed_actor_sends_those_who_wait_and_those_who_come_away()
    {
        Assert.True(_turns.TryEnterIdle());
        var waiting = EnterAsync().AsTask();

        Assert.False(_turns.TryEnterIdle());
        _turns.Close();

        Assert.Equal(TurnEntry.Closed, await waiting);
        Assert.Equal(TurnEntry.Closed, await EnterAsync());
    }

    private static Task<TurnEntry[]> SoonAsync(params Task<TurnEntry>[] entries) =>
        Task.WhenAll(entries).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

    private ValueTask<TurnEntry> EnterAsync(string? chain = null) => _turns.EnterAsync(chain, 2, TestContext.Current.CancellationToken);
}
