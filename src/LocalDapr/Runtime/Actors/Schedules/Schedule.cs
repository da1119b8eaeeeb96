using System.Globalization;
using System.Text.RegularExpressions;

namespace LocalDapr.Runtime.Actors.Schedules;

/// <summary>A schedule as a request gives it; empty text is as good as none.</summary>
internal readonly record struct ScheduleText(string? DueTime, string? Period, string? Ttl);

/// <summary>When something fires first, how it goes on, and when it ends at the latest.</summary>
internal sealed partial record Schedule(DateTimeOffset FirstDue, Period? Period, DateTimeOffset? Ends)
{
    /// <summary>
    /// Rules of reminders: a due time or a period, no calendar periods, a ttl only with a period; <c>R0</c> means no end. The ttl counts
    /// from the due time, or from now where there is none; it may be over before the first firing.
    /// </summary>
    public static Schedule ForReminder(ScheduleText text, DateTimeOffset now)
    {
        if (IsAbsent(text.DueTime) && IsAbsent(text.Period)) throw new FormatException("either dueTime or period must be given");
        var period = ParsePeriod(text.Period);
        if (period is { IsByCalendar: true }) throw new FormatException($"unsupported period format: {text.Period}: years, months and days are not allowed");
        if (period is { Firings: 0 }) period = period.Value with { Firings = null };
        if (!IsAbsent(text.Ttl) && period is null) throw new FormatException("ttl needs a period");
        var from = IsAbsent(text.DueTime) ? now : ParseInstant(text.DueTime!, now, "dueTime", allowR0: true);
        DateTimeOffset? ends = IsAbsent(text.Ttl) ? null : ParseInstant(text.Ttl!, from, "ttl", allowR0: true);
        if (!IsAbsent(text.DueTime) && ends < from) throw new FormatException("ttl must be greater than due time");
        return new Schedule(IsAbsent(text.DueTime) ? period!.Value.After(now) : from, period, ends);
    }

    /// <summary>Rules of timers: everything may be absent, which means now; calendar periods are fine; <c>R0</c> is not.</summary>
    public static Schedule ForTimer(ScheduleText text, DateTimeOffset now)
    {
        var period = ParsePeriod(text.Period);
        if (period is { Firings: 0 }) throw new FormatException("a timer must fire at least once");
        if (period is { IsByCalendar: false, Time.Ticks: 0 }) period = null;
        var due = IsAbsent(text.DueTime) ? now : ParseInstant(text.DueTime!, now, "dueTime", allowR0: false);
        return new Schedule(due, period, ParseEnd(text.Ttl, due, now));
    }

    /// <summary>
    /// The firing after the one that was due at <paramref name="due"/>, or null when there is none. It counts from there, not from now:
    /// firings that were missed meanwhile are made up for, one after the other. The scheduler's periods include their end.
    /// </summary>
    public static DateTimeOffset? Next(Period? period, DateTimeOffset due, DateTimeOffset? ends)
    {
        if (period is not { } step) return null;
        var next = step.After(due);
        if (next == due) next += TimeSpan.FromMilliseconds(1);
        return next > ends ? null : next;
    }

    /// <summary>An instant as RFC 3339 has it, its letters in upper case and its zone told; null for anything else.</summary>
    public static DateTimeOffset? TryInstant(string text) =>
        InstantShape().IsMatch(text) && DateTimeOffset.TryParse(text.Replace(',', '.'), CultureInfo.InvariantCulture, out var instant) ? instant : null;

    // Go allows a comma, and an hour of one digit.
    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d{1,2}:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:\d\d)\z", RegexOptions.ECMAScript)]
    private static partial Regex InstantShape();

    private static bool IsAbsent(string? text) => string.IsNullOrEmpty(text);

    private static Period? ParsePeriod(string? text)
    {
        if (IsAbsent(text)) return null;
        if (!Schedules.Period.TryParse(text!, out var period) || period.Time < TimeSpan.Zero)
            throw new FormatException($"unsupported duration/ISO 8601 format: {text}");
        return period;
    }

    private static DateTimeOffset? ParseEnd(string? ttl, DateTimeOffset due, DateTimeOffset now)
    {
        if (IsAbsent(ttl)) return null;
        var ends = ParseInstant(ttl!, due, "ttl", allowR0: false);
        if (ends < now || ends < due) throw new FormatException($"already expired: ttl {ttl} is over before it is due");
        return ends;
    }

    private static DateTimeOffset ParseInstant(string text, DateTimeOffset from, string what, bool allowR0)
    {
        if (Schedules.Period.TryParse(text, out var duration))
            return duration.Firings is null || (allowR0 && duration.Firings == 0)
                ? duration.After(from)
                : throw new FormatException($"{what} must not repeat: {text}");
        return TryInstant(text) ?? throw new FormatException($"unsupported time/duration format for {what}: {text}");
    }
}
