using System.Globalization;
using LocalDapr.Runtime.Actors.Schedules;

namespace LocalDapr.Runtime.Actors.Reminders;

/// <summary>What happens after a firing that failed: nothing, or repetitions at an interval (null: until it succeeds).</summary>
internal sealed record FailurePolicy(TimeSpan Interval, int? MaxRetries)
{
    public static readonly FailurePolicy Default = new(TimeSpan.FromSeconds(1), 3);

    public static readonly FailurePolicy Drop = new(TimeSpan.Zero, 0);
}

/// <summary>
/// A reminder as it is stored. <c>Data</c> is JSON as it was given. <c>Version</c> is new with each registration, so that the end of an
/// old one's firing does not touch a new one of that name.
/// </summary>
internal sealed record Reminder(ActorKey Actor, string Name, long Version)
{
    public byte[]? Data { get; init; }

    /// <summary>Due time as it was given, to be shown.</summary>
    public string DueText { get; init; } = "";

    /// <summary>Period as it was given.</summary>
    public string PeriodText { get; init; } = "";

    /// <summary>Time to live as it was given.</summary>
    public string TtlText { get; init; } = "";

    public DateTimeOffset NextDue { get; init; }

    /// <summary>Firings that are left; null: no end.</summary>
    public int? Remaining { get; init; }

    public DateTimeOffset? Ends { get; init; }

    public FailurePolicy Policy { get; init; } = FailurePolicy.Default;

    /// <summary>The period, read back from its text.</summary>
    public Period? Period => Schedules.Period.TryParse(PeriodText, out var period) ? period : null;

    /// <summary>The period as the API shows it, a schedule of the scheduler; null for a reminder that fires once.</summary>
    public string? ShownPeriod => Period is { } period ? $"@every {GoDuration.Format(period.Time)}" : null;

    /// <summary>The end as the API shows it: an instant as it was given; where a duration was given, Dapr tells none.</summary>
    public string? ShownTtl => Schedule.TryInstant(TtlText) is not { } ends
        ? null
        : ends.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture)
            + (ends.Offset == TimeSpan.Zero ? "Z" : ends.ToString("zzz", CultureInfo.InvariantCulture));

    /// <summary>The end comes before the first firing: it is over as soon as it is registered.</summary>
    public bool IsOver => NextDue > Ends;

    /// <summary>The reminder before its next firing, or null when the one now done was the last.</summary>
    public Reminder? AfterFiring()
    {
        if (Remaining is 1) return null;
        return Schedule.Next(Period, NextDue, Ends) is { } next ? this with { NextDue = next, Remaining = Remaining - 1 } : null;
    }
}
