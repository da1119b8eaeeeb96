using System.Globalization;
using System.Xml;

namespace Dapr.Actors.Wire;

/// <summary>Durations as they travel in schedules: <c>1h2m3s4ms</c>, or <c>Rn/P…</c> with a number of repetitions.</summary>
internal static class Durations
{
    /// <summary>What an absent due time or period reads as, and writes as empty text.</summary>
    public static readonly TimeSpan Never = TimeSpan.FromMilliseconds(-1);

    public static string Write(TimeSpan? value) => value is { } span && span >= TimeSpan.Zero
        ? $"{(long)span.TotalHours}h{span.Minutes}m{span.Seconds}s{span.Milliseconds}ms"
        : string.Empty;

    public static string WritePeriod(TimeSpan period, int? repetitions)
    {
        if (repetitions is null) return Write(period);
        if (period.Milliseconds != 0)
            throw new ArgumentException("A period with repetitions must be whole seconds.", nameof(period));
        return $"R{repetitions}/{XmlConvert.ToString(period)}";
    }

    public static TimeSpan Read(string? text)
    {
        if (string.IsNullOrEmpty(text)) return Never;
        if (text.StartsWith("@every ", StringComparison.Ordinal)) text = text["@every ".Length..];
        if (text[0] == 'R' && text.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash) text = text[(slash + 1)..];
        return text[0] == 'P' ? XmlConvert.ToTimeSpan(text) : ReadUnits(text);
    }

    private static TimeSpan ReadUnits(string text)
    {
        var total = TimeSpan.Zero;
        for (var at = 0; at < text.Length;)
        {
            var number = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] is '.' or '-' or '+')) at++;
            var unit = at;
            while (at < text.Length && !char.IsAsciiDigit(text[at])) at++;
            if (!double.TryParse(text.AsSpan(number, unit - number), NumberStyles.Float, CultureInfo.InvariantCulture, out var amount))
                throw new FormatException($"'{text}' is not a duration.");
            total += TimeSpan.FromMilliseconds(amount * MillisecondsOf(text.AsSpan(unit, at - unit), text));
        }

        return total;
    }

    private static double MillisecondsOf(ReadOnlySpan<char> unit, string text) => unit switch
    {
        "h" => 3_600_000,
        "m" => 60_000,
        "s" => 1_000,
        "ms" => 1,
        "us" or "µs" => 0.001,
        "ns" => 0.000_001,
        _ => throw new FormatException($"'{text}' is not a duration."),
    };
}
