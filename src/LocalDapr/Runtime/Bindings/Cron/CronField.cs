namespace LocalDapr.Runtime.Bindings.Cron;

/// <summary>One field of a cron line as a set of numbers.</summary>
internal sealed class CronField
{
    private readonly ulong _bits;

    private CronField(ulong bits, bool isAny) => (_bits, IsAny) = (bits, isAny);

    /// <summary>Seconds, minutes, hours, days of the month, months, days of the week.</summary>
    public static IReadOnlyList<Kind> Kinds { get; } =
    [
        new(0, 59, []),
        new(0, 59, []),
        new(0, 23, []),
        new(1, 31, []),
        new(1, 12, ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]),
        new(0, 6, ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]),
    ];

    /// <summary>True for <c>*</c> and <c>?</c>.</summary>
    public bool IsAny { get; }

    public bool Holds(int value) => (_bits & (1UL << value)) != 0;

    /// <summary>Lists of values, ranges and steps; null for what is none of them.</summary>
    public static CronField? TryParse(string text, Kind kind)
    {
        ulong bits = 0;
        foreach (var part in text.Split(','))
        {
            if (Range(part, kind) is not { } range) return null;
            for (var value = range.From; value <= range.To; value += range.Step) bits |= 1UL << value;
        }
        return new CronField(bits, text is "*" or "?");
    }

    private static (int From, int To, int Step)? Range(string part, Kind kind)
    {
        var stepped = part.Split('/');
        var step = 1;
        if (stepped.Length > 2 || (stepped.Length == 2 && (!int.TryParse(stepped[1], out step) || step <= 0))) return null;
        if (stepped[0] is "*" or "?") return (kind.Min, kind.Max, step);
        var ends = stepped[0].Split('-');
        if (ends.Length > 2 || kind.Value(ends[0]) is not { } from || kind.Value(ends[^1]) is not { } to) return null;
        // "5/15" counts on from 5 to the end.
        if (ends.Length == 1 && stepped.Length == 2) to = kind.Max;
        return from <= to ? (from, to, step) : null;
    }

    /// <summary>The values that a field may have.</summary>
    internal sealed record Kind(int Min, int Max, string[] Names)
    {
        public int? Value(string text)
        {
            var name = Array.FindIndex(Names, n => n.Equals(text, StringComparison.OrdinalIgnoreCase));
            if (name >= 0) return name + Min;
            return int.TryParse(text, out var number) && number >= Min && number <= Max ? number : null;
        }
    }
}
