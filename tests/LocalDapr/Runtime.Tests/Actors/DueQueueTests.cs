using LocalDapr.Runtime.Actors.Schedules;
using Xunit;

namespace LocalDapr.Runtime.Tests.Actors;

public sealed class DueQueueTests
{
    [Fact]
    public void Entries_run_when_they_are_due_soonest_first()
    {
        var time = new FakeTime();
        var ran = new List<string>();
        using var queue = new DueQueue<string>(time, ran.Add);
        queue.Add("later", time.GetUtcNow().AddSeconds(3));
        queue.Add("soon", time.GetUtcNow().AddSeconds(1));

        time.Advance(TimeSpan.FromMilliseconds(900));
        Assert.Empty(ran);

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["soon"], ran);

        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(["soon", "later"], ran);
    }

    [Fact]
    public void An_entry_years_ahead_runs_in_its_time()
    {
        var time = new FakeTime();
        var ran = 0;
        using var queue = new DueQueue<int>(time, _ => ran++);
        queue.Add(1, time.GetUtcNow().AddDays(800));

        time.Advance(TimeSpan.FromDays(799));
        Assert.Equal(0, ran);

        time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(1, ran);
    }

    [Fact]
    public void Nothing_runs_after_the_end()
    {
        var time = new FakeTime();
        var ran = 0;
        var queue = new DueQueue<int>(time, _ => ran++);
        queue.Add(1, time.GetUtcNow().AddSeconds(1));

        queue.Dispose();
        time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(0, ran);
    }
}
