using Dapr.Protocol.Runtime.V1;
using LocalDapr.Runtime.Jobs;
using Xunit;

namespace LocalDapr.Runtime.Tests.Jobs;

public sealed class JobTimesTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 10, 0, 30, TimeSpan.Zero);

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("PT2M", 120)]
    [InlineData("2026-03-04T10:01:00Z", 30)]
    [InlineData("2020-01-01T00:00:00Z", 0)]
    public void The_first_run_is_at_the_due_time_and_a_past_one_is_now(string dueTime, int seconds)
    {
        var times = JobTimes.Of(new Job { DueTime = dueTime, Schedule = "@daily" }, Now);

        Assert.Equal(Now.AddSeconds(seconds), times.FirstDue);
    }

    [Theory]
    [InlineData("* * * * *")]
    [InlineData("nonsense")]
    [InlineData("0 0 0 30 2 *")]
    public void A_schedule_has_six_fields_and_names_a_time_that_comes(string schedule) =>
        Assert.Throws<FormatException>(() => JobTimes.Of(new Job { Schedule = schedule }, Now));

    [Fact]
    public void A_job_cannot_end_before_it_is_due() =>
        Assert.Throws<FormatException>(() => JobTimes.Of(new Job { DueTime = "10m", Ttl = "5m" }, Now));

    [Fact]
    public void Repeats_count_all_runs()
    {
        var job = new Job { Schedule = "@every 10s", Repeats = 2 };

        Assert.Equal(Now.AddSeconds(10), JobTimes.Next(job, Now, runs: 1, ends: null, Now));
        Assert.Null(JobTimes.Next(job, Now, runs: 2, ends: null, Now));
    }

    [Fact]
    public void A_job_without_a_schedule_runs_once() =>
        Assert.Null(JobTimes.Next(new Job { DueTime = "0s" }, Now, runs: 1, ends: null, Now));

    [Fact]
    public void Runs_that_were_missed_are_left_out_and_none_comes_after_the_end()
    {
        var job = new Job { Schedule = "0 * * * * *" };

        Assert.Equal(Now.AddSeconds(30), JobTimes.Next(job, Now.AddHours(-5), runs: 1, ends: null, Now));
        Assert.Null(JobTimes.Next(job, Now, runs: 1, ends: Now.AddSeconds(29), Now));
    }
}
