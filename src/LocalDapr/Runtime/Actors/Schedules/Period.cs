namespace LocalDapr.Runtime.Actors.Schedules;

/// <summary>
/// The time between two firings, and how many firings there are in all (null: no end). Written as ISO 8601 with whole numbers, which
/// alone may carry the prefix <c>Rn/</c>, or as a Go duration. Years, months and days follow the calendar.
/// </summary>
internal readonly record struct Period(int Years, int Months, int Days, TimeSpan Time, int? Firings)
{
    public bool IsByCalendar => Years != 0 || Months != 0 || Days != 0;

    public static bool TryParse(string text, out Period period)
    {
        if (TryParseIso(text, out period)) return true;
        if (!GoDuration.TryParse(text, out var time)) return false;
        period = new Period(0, 0, 0, time, null);
        return true;
    }

    // Days that the month lacks run into the next one: counting is from its first.
    public DateTimeOffset After(DateTimeOffset instant) => IsByCalendar
        ? instant.AddDays(1 - instant.Day).AddMonths(checked((12 * Years) + Months)).AddDays(instant.Day - 1 + Days) + Time
        : instant + Time;

    // Dapr's parser is generous: "R5" alone is five firings without a pause, parts may come twice and in any order, what carries no unit
    // at the end counts for nothing, and letters that name no unit are part of the number before them, which then is none.
    private static bool TryParseIso(string text, out Period period)
    {
        period = default;
        var rest = text.AsSpan();
        if (rest.Length < 2) return false;
        int? firings = null;
        if (rest[0] == 'R')
        {
            var slash = rest.IndexOf('/');
            if (!TryNumber(slash < 0 ? rest[1..] : rest[1..slash], out var repeat)) return false;
            // A negative number of firings is as good as none.
            if (repeat >= 0) firings = (int)Math.Min(repeat, int.MaxValue);
            period = default(Period) with { Firings = firings };
            rest = slash < 0 ? [] : rest[(slash + 1)..];
            if (rest.IsEmpty) return true;
        }

        return rest[0] == 'P' && TryParts(rest[1..], firings, out period);
    }

    private static bool TryParts(ReadOnlySpan<char> parts, int? firings, out Period period)
    {
        period = default(Period) with { Firings = firings };
        var (start, isTime) = (0, false);
        for (var i = 0; i < parts.Length; i++)
        {
            if (parts[i] is not ('T' or 'Y' or 'M' or 'W' or 'D' or 'H' or 'S')) continue;
            var number = parts[start..i];
            start = i + 1;
            if (parts[i] == 'T')
            {
                if (!number.IsEmpty) return false;
                isTime = true;
            }
            else if (TryNumber(number, out var value) && period.Plus(parts[i], value, isTime) is { } sum)
            {
                period = sum;
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    private Period? Plus(char unit, long value, bool isTime) => (unit, isTime) switch
    {
        ('Y', false) => this with { Years = checked((int)value) },
        ('M', false) => this with { Months = checked((int)value) },
        ('W', false) => this with { Days = checked((int)(Days + (7 * value))) },
        ('D', false) => this with { Days = checked((int)(Days + value)) },
        ('H', true) => this with { Time = Time + TimeSpan.FromHours(value) },
        ('M', true) => this with { Time = Time + TimeSpan.FromMinutes(value) },
        ('S', true) => this with { Time = Time + TimeSpan.FromSeconds(value) },
        _ => null,
    };

    private static bool TryNumber(ReadOnlySpan<char> text, out long number) => long.TryParse(
        text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out number);
}
