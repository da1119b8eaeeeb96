using System.Globalization;
using Dapr.Protocol.Runtime.V1;
using LocalDapr.Runtime.Actors.Schedules;

namespace LocalDapr.Runtime.Jobs;

/// <summary>When a job runs first, how it goes on, and when it ends at the latest. Pure.</summary>
internal sealed record JobTimes(DateTimeOffset FirstDue, DateTimeOffset? Ends)
{
    /// <summary>Throws <see cref="FormatException"/> for what cannot be read.</summary>
    public static JobTimes Of(Job job, DateTimeOffset now)
    {
        var schedule = job.HasSchedule ? ScheduleOf(job.Schedule) : null;
        var due = job.HasDueTime ? InstantOf(job.DueTime, now, "dueTime") : schedule?.Next(now);
        if (due is not { } first) throw new FormatException($"the schedule '{job.Schedule}' names no time that comes");
        if (first < now) first = now;
        DateTimeOffset? ends = job.HasTtl ? InstantOf(job.Ttl, now, "ttl") : null;
        if (ends < first) throw new FormatException("ttl is over before the job is due");
        return new JobTimes(first, ends);
    }

    /// <summary>
    /// The run after the one that was due at <paramref name="due"/>, or null when it was the last. Runs that were missed meanwhile are left out.
    /// </summary>
    public static DateTimeOffset? Next(Job job, DateTimeOffset due, int runs, DateTimeOffset? ends, DateTimeOffset now)
    {
        if (!job.HasSchedule || job is { HasRepeats: true, Repeats: > 0 } && runs >= job.Repeats) return null;
        var next = ScheduleOf(job.Schedule).Next(due);
        if (next < now) next = ScheduleOf(job.Schedule).Next(now);
        return next > ends ? null : next;
    }

    private static Bindings.Cron.Schedule ScheduleOf(string text)
    {
        // Unlike bindings.cron the scheduler takes no lines of five fields.
        var fields = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
        return (text.StartsWith('@') || fields == 6) && Bindings.Cron.Schedule.TryParse(text) is { } schedule
            ? schedule
            : throw new FormatException($"'{text}' is no schedule of six cron fields, @every or @daily");
    }

    private static DateTimeOffset InstantOf(string text, DateTimeOffset from, string what)
    {
        if (Period.TryParse(text, out var duration) && duration.Firings is null) return duration.After(from);
        if (text.Length >= 20 && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant))
            return instant;
        throw new FormatException($"unsupported time/duration format for {what}: {text}");
    }
}
