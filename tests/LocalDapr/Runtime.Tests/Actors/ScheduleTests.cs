using LocalDapr.Runtime.Actors.Schedules;
using Xunit;

namespace LocalDapr.Runtime.Tests.Actors;

public sealed class ScheduleTests
{
    private static readonly DateTimeOffset now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("1500ms", 1.5)]
    [InlineData("PT2S", 2)]
    [InlineData("0h0m1s500ms", 1.5)]
    [InlineData("2026-01-31T12:00:05Z", 5)]
    [InlineData("2026-01-31T13:00:05+01:00", 5)]
    [InlineData("2026-01-31T12:00:05,5Z", 5.5)]
    [InlineData("2026-01-31T12:00:01.500000000Z", 1.5)]
    [InlineData("P3DT2H", 266_400)]
    public void A_due_time_is_a_Go_duration_an_ISO_duration_or_an_instant(string text, double seconds)
    {
        var schedule = Schedule.ForReminder(new ScheduleText(text, null, null), now);

        Assert.Equal(now.AddSeconds(seconds), schedule.FirstDue);
        Assert.Null(schedule.Period);
    }

    [Fact]
    public void A_reminder_without_due_time_fires_first_after_one_period_and_a_timer_at_once()
    {
        var text = new ScheduleText(null, "2s", null);

        Assert.Equal(now.AddSeconds(2), Schedule.ForReminder(text, now).FirstDue);
        Assert.Equal(now, Schedule.ForTimer(text, now).FirstDue);
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("soon", null, null)]
    [InlineData("1s", "often", null)]
    [InlineData("1s", "P1D", null)]
    [InlineData("1s", "R2/1s", null)]
    [InlineData("1s", null, "5s")]
    [InlineData("1s", "1s", "never")]
    public void A_reminder_refuses(string? due, string? period, string? ttl) =>
        Assert.Throws<FormatException>(() => Schedule.ForReminder(new ScheduleText(due, period, ttl), now));

    [Theory]
    [InlineData("soon", null, null)]
    [InlineData(null, "R0/PT1S", null)]
    [InlineData(null, "R2/1s", null)]
    [InlineData("10s", null, "2020-01-01T00:00:00Z")]
    public void A_timer_refuses(string? due, string? period, string? ttl) =>
        Assert.Throws<FormatException>(() => Schedule.ForTimer(new ScheduleText(due, period, ttl), now));

    [Theory]
    [InlineData("2099-01-02T03:04:05")]
    [InlineData("2099-01-02T03:04:05.000")]
    [InlineData("2099-01-02T03:04:05z")]
    [InlineData("2099-01-02t03:04:05Z")]
    [InlineData("2099-01-02T03:04:05 Z")]
    [InlineData("2099-01-02T03:04:05Z\n")]
    [InlineData("2099-01-02T03:04:05+0100")]
    [InlineData("2099-01-02T24:00:00Z")]
    [InlineData("2099-02-30T03:04:05Z")]
    public void An_instant_that_is_not_quite_RFC_3339_is_refused(string text)
    {
        Assert.Throws<FormatException>(() => Schedule.ForReminder(new ScheduleText(text, null, null), now));
        Assert.Throws<FormatException>(() => Schedule.ForTimer(new ScheduleText(text, null, null), now));
        Assert.Throws<FormatException>(() => Schedule.ForReminder(new ScheduleText("1s", "1s", text), now));
    }

    [Theory]
    [InlineData(null, "PT1S", "3s", 3)]
    [InlineData("0s", "PT1S", "3s", 4)]
    [InlineData("5s", "1s", "PT2S", 3)]
    [InlineData(null, "3s", "1s", 0)]
    [InlineData(null, "1s", "2020-01-01T00:00:00Z", 0)]
    [InlineData("2020-01-01T00:00:00Z", "1s", "2s", 3)]
    public void The_ttl_of_a_reminder_counts_from_its_due_time_or_from_now(string? due, string period, string ttl, int firings)
    {
        var schedule = Schedule.ForReminder(new ScheduleText(due, period, ttl), now);

        var seen = 0;
        for (DateTimeOffset? next = schedule.FirstDue; next <= schedule.Ends; next = Schedule.Next(schedule.Period, next.Value, schedule.Ends)) seen++;
        Assert.Equal(firings, seen);
    }

    [Theory]
    [InlineData("P1W2DT3H4M5S", 9, 3 * 3600 + 4 * 60 + 5)]
    [InlineData("PT1M1H", 0, 3660)]
    [InlineData("PT1H1H", 0, 7200)]
    [InlineData("PT", 0, 0)]
    [InlineData("P5", 0, 0)]
    [InlineData("PT5X", 0, 0)]
    [InlineData("PT+5S", 0, 5)]
    [InlineData("P-1D", -1, 0)]
    [InlineData("PT2147483648S", 0, 2147483648d)]
    [InlineData("R5", 0, 0)]
    [InlineData("1h.5s", 0, 3600.5)]
    [InlineData("90μs", 0, 0.00009)]
    public void Durations_are_read_as_generously_as_Dapr_does(string text, int days, double seconds)
    {
        Assert.True(Period.TryParse(text, out var period));

        Assert.Equal((days, TimeSpan.FromSeconds(seconds)), (period.Days, period.Time));
    }

    [Theory]
    [InlineData("P")]
    [InlineData("P1T5H")]
    [InlineData("PT1.5S")]
    [InlineData("PT5X3S")]
    [InlineData("T5S")]
    [InlineData("PS")]
    [InlineData("@every 1s")]
    [InlineData(" 5s")]
    [InlineData("5s\n")]
    [InlineData("--5s")]
    [InlineData("5")]
    [InlineData("3000000h")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(Period.TryParse(text, out _));

    [Fact]
    public void R0_means_no_end_for_a_reminder()
    {
        var schedule = Schedule.ForReminder(new ScheduleText(null, "R0/PT1S", null), now);

        Assert.Null(schedule.Period!.Value.Firings);
    }

    [Fact]
    public void Firings_that_were_missed_are_made_up_for_in_the_rhythm()
    {
        Assert.True(Period.TryParse("10s", out var period));

        Assert.Equal(now.AddSeconds(10), Schedule.Next(period, due: now, ends: null));
    }

    [Theory]
    [InlineData("R3/PT1S", 3)]
    [InlineData("R0/PT1S", 0)]
    [InlineData("R-1/PT1S", null)]
    [InlineData("PT1S", null)]
    public void A_period_says_how_often_it_fires(string text, int? firings)
    {
        Assert.True(Period.TryParse(text, out var period));

        Assert.Equal(firings, period.Firings);
    }

    [Theory]
    [InlineData("R/PT1S")]
    [InlineData("Rx/PT1S")]
    public void A_period_that_repeats_has_a_number(string text) => Assert.False(Period.TryParse(text, out _));

    [Theory]
    [InlineData("0s")]
    [InlineData("PT0S")]
    public void A_timer_with_a_period_of_nothing_fires_once(string period) =>
        Assert.Null(Schedule.ForTimer(new ScheduleText("1s", period, null), now).Period);

    [Theory]
    [InlineData("P1M", "2026-03-03")]
    [InlineData("P2M", "2026-03-31")]
    [InlineData("P1Y1M", "2027-03-03")]
    [InlineData("P2Y1M", "2028-03-02")]
    [InlineData("P1M1D", "2026-03-04")]
    [InlineData("P-2M", "2025-12-01")]
    public void Months_follow_the_calendar_and_days_that_a_month_lacks_run_into_the_next(string text, string day)
    {
        Assert.True(Period.TryParse(text, out var period));

        Assert.Equal(DateTimeOffset.Parse($"{day}T12:00:00Z", System.Globalization.CultureInfo.InvariantCulture), Schedule.Next(period, now, null));
    }

    [Fact]
    public void Nothing_fires_after_the_end()
    {
        Assert.True(Period.TryParse("1s", out var period));

        Assert.Null(Schedule.Next(period, now, ends: now.AddMilliseconds(900)));
    }
}
