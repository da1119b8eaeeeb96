using System.Text.RegularExpressions;

namespace LocalDapr.Runtime.Actors.Schedules;

/// <summary>
/// The time between two firings, and how many firings there are in all (null: no end). Written as a Go duration, or as ISO 8601 with
/// whole numbers, which alone may carry the prefix <c>Rn/</c>. Years, months and days follow the calendar.
/// </summary>
internal readonly partial record struct Period(int Years, int Months, int Days, TimeSpan Time, int? Firings)
{
    public bool IsByCalendar => Years != 0 || Months != 0 || Days != 0;

    public static bool TryParse(string text, out Period period)
    {
        period = default;
        if (text.StartsWith("@every ", StringComparison.Ordinal)) text = text["@every ".Length..];
        if (text is ['P' or 'R', ..]) return TryParseIso(text, out period);
        if (!GoDuration.TryParse(text, out var time)) return false;
        period = new Period(0, 0, 0, time, null);
        return true;
    }

    public DateTimeOffset After(DateTimeOffset instant) => instant.AddYears(Years).AddMonths(Months).AddDays(Days) + Time;

    private static bool TryParseIso(string text, out Period period)
    {
        period = default;
        var match = Iso().Match(text);
        if (!match.Success || text[^1] is 'P' or 'T' or '/') return false;
        int Number(string group) => match.Groups[group] is { Success: true } found ? int.Parse(found.ValueSpan) : 0;
        var time = new TimeSpan(Number("h"), Number("m"), Number("s"));
        // A negative number of firings is as good as none.
        int? firings = match.Groups["r"].Success && Number("r") is >= 0 and var repeat ? repeat : null;
        period = new Period(Number("year"), Number("month"), (7 * Number("week")) + Number("day"), time, firings);
        return true;
    }

    [GeneratedRegex(@"^(R(?<r>-?\d{1,9})/)?P((?<year>\d{1,9})Y)?((?<month>\d{1,9})M)?((?<week>\d{1,8})W)?((?<day>\d{1,9})D)?"
        + @"(T((?<h>\d{1,9})H)?((?<m>\d{1,9})M)?((?<s>\d{1,9})S)?)?$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Iso();
}
