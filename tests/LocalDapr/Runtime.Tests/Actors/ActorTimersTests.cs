using LocalDapr.Runtime.Actors;
using LocalDapr.Runtime.Actors.Schedules;
using LocalDapr.Runtime.Actors.Timers;
using Xunit;

namespace LocalDapr.Runtime.Tests.Actors;

public sealed class ActorTimersTests
{
    private static readonly ActorKey actor = new("Cart", "1");

    private readonly FakeTime _time = new();
    private readonly List<DateTimeOffset> _fired = [];

    [Fact]
    public void A_timer_does_not_fire_at_the_very_end_of_its_life()
    {
        using var timers = NewTimers();
        timers.Register(Timer(new ScheduleText("0s", "1s", "2s")));

        Advance(5);

        Assert.Equal(2, _fired.Count);
    }

    [Fact]
    public void A_timer_whose_end_is_its_due_time_never_fires_and_ends_the_former_one()
    {
        using var timers = NewTimers();
        timers.Register(Timer(new ScheduleText("1s", "1s", null)));
        timers.Register(Timer(new ScheduleText("1s", null, "0s")));

        Advance(5);

        Assert.Empty(_fired);
    }

    [Fact]
    public async Task Firings_that_a_slow_callback_missed_are_made_up_for_one_after_the_other()
    {
        var slow = new TaskCompletionSource();
        var done = new TaskCompletionSource();
        var count = 0;
        using var timers = new ActorTimers(_time, async _ =>
        {
            if (Interlocked.Increment(ref count) == 1) await slow.Task;
            if (count == 4) done.TrySetResult();
        });
        timers.Register(Timer(new ScheduleText("0s", "1s", "4s")));
        Advance(20);

        slow.SetResult();
        await OneSidecar.EventuallyAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(1));
                return Task.FromResult(done.Task.IsCompleted);
            },
            "the firings of the four seconds");

        Assert.Equal(4, count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_timer_that_the_callback_before_it_deletes_or_replaces_does_not_fire_as_it_was(bool replaced)
    {
        var (first, fired) = (new TaskCompletionSource(), new List<ActorTimer>());
        using var timers = new ActorTimers(_time, timer =>
        {
            fired.Add(timer);
            return timer.Name == "first" ? first.Task : Task.CompletedTask;
        });
        var anew = Timer(new ScheduleText("5s", null, null)) with { Data = [1] };
        timers.Register(Timer(new ScheduleText("0s", null, null)) with { Name = "first" });
        timers.Register(Timer(new ScheduleText("1s", null, null)));
        Advance(2);

        if (replaced) timers.Register(anew);
        else timers.Unregister(actor, "t");
        first.SetResult();
        Advance(10);

        Assert.Equal(replaced ? ["first", "t"] : ["first"], fired.Select(timer => timer.Name));
        if (replaced) Assert.Same(anew, fired[1]);
    }

    [Fact]
    public void The_timers_of_another_actor_do_not_wait()
    {
        var (first, fired) = (new TaskCompletionSource(), new List<string>());
        using var timers = new ActorTimers(_time, timer =>
        {
            fired.Add(timer.Actor.Id);
            return timer.Actor == actor ? first.Task : Task.CompletedTask;
        });
        timers.Register(Timer(new ScheduleText("0s", null, null)));
        timers.Register(Timer(new ScheduleText("1s", null, null)) with { Actor = new("Cart", "2") });

        Advance(2);

        Assert.Equal(["1", "2"], fired);
    }

    private static ActorTimer Timer(ScheduleText text) => new(actor, "t", null, null, text);

    private ActorTimers NewTimers() => new(_time, _ =>
    {
        _fired.Add(_time.GetUtcNow());
        return Task.CompletedTask;
    });

    private void Advance(int seconds)
    {
        for (var tenths = 0; tenths <= seconds * 10; tenths++) _time.Advance(TimeSpan.FromMilliseconds(100));
    }
}
