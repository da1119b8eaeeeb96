using System.Globalization;
using System.Text.RegularExpressions;

namespace LocalDapr.Runtime;

/// <summary>Durations as Go writes them: 300ms, 1.5s, 1h30m. Dapr's files and APIs are full of them.</summary>
internal static partial class GoDuration
{
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        if (text is null) return false;
        var rest = text is ['-' or '+', ..] ? text[1..] : text;
        if (rest == "0") return true;
        if (!Whole().IsMatch(rest)) return false;
        var ticks = 0d;
        foreach (Match part in Part().Matches(rest))
            ticks += double.Parse(part.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * TicksOf(part.Groups[2].Value);
        // Go counts nanoseconds in 64 bits: what is longer than 292 years is none of its durations.
        if (ticks > long.MaxValue / TimeSpan.NanosecondsPerTick) return false;
        duration = TimeSpan.FromTicks((long)(text[0] == '-' ? -ticks : ticks));
        return true;
    }

    /// <summary>The shortest form: 1s, 800ms, 1m30s.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero) return "0s";
        if (duration < TimeSpan.FromMicroseconds(1)) return string.Create(CultureInfo.InvariantCulture, $"{duration.TotalNanoseconds}ns");
        if (duration < TimeSpan.FromMilliseconds(1)) return string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMicroseconds}µs");
        if (duration < TimeSpan.FromSeconds(1)) return string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds}ms");
        var seconds = string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds % 60}s");
        if (duration < TimeSpan.FromMinutes(1)) return seconds;
        return duration < TimeSpan.FromHours(1) ? $"{duration.Minutes}m{seconds}" : $"{(int)duration.TotalHours}h{duration.Minutes}m{seconds}";
    }

    private static double TicksOf(string unit) => unit switch
    {
        "ns" => 0.01,
        "us" or "µs" or "μs" => TimeSpan.TicksPerMicrosecond,
        "ms" => TimeSpan.TicksPerMillisecond,
        "s" => TimeSpan.TicksPerSecond,
        "m" => TimeSpan.TicksPerMinute,
        _ => TimeSpan.TicksPerHour,
    };

    [GeneratedRegex(@"^((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+\z")]
    private static partial Regex Whole();

    [GeneratedRegex(@"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")]
    private static partial Regex Part();
}
