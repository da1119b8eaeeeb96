namespace LocalDapr.Runtime.Bindings.Cron;

/// <summary>
/// When something is due: a cron line of 5 fields, or 6 with seconds in front, a name such as <c>@daily</c>, or <c>@every 15m</c>.
/// Times are UTC. Pure.
/// </summary>
internal sealed class Schedule
{
    /// <summary>A line that names no day in so long names none at all (30 February).</summary>
    private const int YearsAhead = 8;

    private readonly TimeSpan? _every;
    private readonly CronField[] _fields;

    private Schedule(TimeSpan? every, CronField[] fields) => (_every, _fields) = (every, fields);

    /// <summary>Null for what is no schedule.</summary>
    public static Schedule? TryParse(string text)
    {
        var line = text.Trim();
        if (line.StartsWith("@every ", StringComparison.Ordinal))
            return GoDuration.TryParse(line["@every ".Length..].Trim(), out var every) && every >= TimeSpan.FromMilliseconds(1)
                ? new(every, [])
                : null;
        line = line switch
        {
            "@yearly" or "@annually" => "0 0 0 1 1 *",
            "@monthly" => "0 0 0 1 * *",
            "@weekly" => "0 0 0 * * 0",
            "@daily" or "@midnight" => "0 0 0 * * *",
            "@hourly" => "0 0 * * * *",
            _ => line,
        };
        var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length == 5) parts = ["0", .. parts];
        if (parts.Length != 6) return null;
        var fields = parts.Select((part, i) => CronField.TryParse(part, CronField.Kinds[i])).ToArray();
        return fields.Contains(null) ? null : new(null, fields!);
    }

    /// <summary>The first time after <paramref name="after"/>, or null when there is none.</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        if (_every is { } every) return after + every;
        var start = after.UtcDateTime;
        var at = new DateTime(start.Year, start.Month, start.Day, start.Hour, start.Minute, start.Second, DateTimeKind.Utc).AddSeconds(1);
        while (at.Year <= start.Year + YearsAhead)
        {
            // From the largest unit down: what does not fit is left in one step.
            if (!_fields[4].Holds(at.Month)) at = new DateTime(at.Year, at.Month, 1, 0, 0, 0, DateTimeKind.Utc).AddMonths(1);
            else if (!HoldsDay(at)) at = at.Date.AddDays(1);
            else if (!_fields[2].Holds(at.Hour)) at = at.Date.AddHours(at.Hour + 1);
            else if (!_fields[1].Holds(at.Minute)) at = at.AddSeconds(60 - at.Second);
            else if (!_fields[0].Holds(at.Second)) at = at.AddSeconds(1);
            else return new DateTimeOffset(at);
        }
        return null;
    }

    // Cron's old rule: when day of month and day of week are both restricted, either of them is enough.
    private bool HoldsDay(DateTime at)
    {
        var (ofMonth, ofWeek) = (_fields[3].Holds(at.Day), _fields[5].Holds((int)at.DayOfWeek));
        return _fields[3].IsAny || _fields[5].IsAny ? ofMonth && ofWeek : ofMonth || ofWeek;
    }
}
