using System.Globalization;
using LocalDapr.Runtime.Bindings.Cron;
using Xunit;

namespace LocalDapr.Runtime.Tests.Bindings;

public sealed class ScheduleTests
{
    [Theory]
    [InlineData("*/15 * * * *", "2026-02-27T10:07:30Z", "2026-02-27T10:15:00Z")]
    [InlineData("30 0 9 * * MON-FRI", "2026-02-27T10:00:00Z", "2026-03-02T09:00:30Z")]
    [InlineData("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 12 1 * SUN", "2026-02-27T00:00:00Z", "2026-03-01T12:00:00Z")]
    [InlineData("@daily", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z")]
    [InlineData("@every 1m30s", "2026-01-01T00:00:00Z", "2026-01-01T00:01:30Z")]
    public void The_next_time_is_the_first_that_every_field_holds(string line, string after, string next) =>
        Assert.Equal(Time(next), Schedule.TryParse(line)!.Next(Time(after)));

    [Fact]
    public void A_day_that_never_comes_has_no_next_time() => Assert.Null(Schedule.TryParse("0 0 30 2 *")!.Next(Time("2026-01-01T00:00:00Z")));

    [Theory]
    [InlineData("")]
    [InlineData("* * *")]
    [InlineData("61 * * * *")]
    [InlineData("*/0 * * * *")]
    [InlineData("@every soon")]
    public void What_is_no_schedule_is_refused(string line) => Assert.Null(Schedule.TryParse(line));

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
