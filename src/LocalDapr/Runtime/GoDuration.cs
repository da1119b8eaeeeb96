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
        var trimmed = text.Trim();
        if (trimmed == "0") return true;
        var negative = trimmed.StartsWith('-');
        var rest = trimmed.TrimStart('-', '+');
        if (rest.Length == 0 || !Whole().IsMatch(rest)) return false;
        var ticks = 0d;
        foreach (Match part in Part().Matches(rest))
            ticks += double.Parse(part.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * TicksOf(part.Groups[2].Value);
        duration = TimeSpan.FromTicks((long)Math.Min(negative ? -ticks : ticks, TimeSpan.MaxValue.Ticks / 2));
        return true;
    }

    /// <summary>The shortest form: 1s, 800ms, 1m30s.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero) return "0s";
        if (duration < TimeSpan.FromSeconds(1)) return string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds}ms");
        var seconds = string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds % 60}s");
        if (duration < TimeSpan.FromMinutes(1)) return seconds;
        return duration < TimeSpan.FromHours(1) ? $"{duration.Minutes}m{seconds}" : $"{(int)duration.TotalHours}h{duration.Minutes}m{seconds}";
    }

    private static double TicksOf(string unit) => unit switch
    {
        "ns" => 0.01,
        "us" or "µs" => TimeSpan.TicksPerMicrosecond,
        "ms" => TimeSpan.TicksPerMillisecond,
        "s" => TimeSpan.TicksPerSecond,
        "m" => TimeSpan.TicksPerMinute,
        _ => TimeSpan.TicksPerHour,
    };

    [GeneratedRegex(@"^(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$")]
    private static partial Regex Whole();

    [GeneratedRegex(@"(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)")]
    private static partial Regex Part();
}
