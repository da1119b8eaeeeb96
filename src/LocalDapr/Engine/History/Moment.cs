namespace LocalDapr.Engine.History;

/// <summary>
/// A point in time as the protocol carries it: nanoseconds are kept, so a timer of the year 9999 comes back as it was sent.
/// </summary>
public readonly record struct Moment(long Seconds, int Nanos) : IComparable<Moment>
{
    private const long TicksPerSecond = TimeSpan.TicksPerSecond;

    /// <summary>The latest moment .NET can express; everything later is "never" to a scheduler.</summary>
    public static readonly Moment Never = From(DateTimeOffset.MaxValue);

    public static Moment From(DateTimeOffset time)
    {
        var ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        var seconds = Math.DivRem(ticks, TicksPerSecond, out var rest);
        if (rest < 0)
        {
            seconds--;
            rest += TicksPerSecond;
        }
        return new Moment(seconds, (int)rest * 100);
    }

    /// <summary>Rounded down to 100 ns; moments beyond .NET's range become its smallest or largest value.</summary>
    public DateTimeOffset ToDateTimeOffset()
    {
        if (Seconds >= Never.Seconds) return DateTimeOffset.MaxValue;
        if (Seconds <= -62135596800L) return DateTimeOffset.MinValue;
        return DateTimeOffset.UnixEpoch.AddTicks((Seconds * TicksPerSecond) + (Nanos / 100));
    }

    public int CompareTo(Moment other) => Seconds != other.Seconds ? Seconds.CompareTo(other.Seconds) : Nanos.CompareTo(other.Nanos);

    public static bool operator <(Moment left, Moment right) => left.CompareTo(right) < 0;

    public static bool operator >(Moment left, Moment right) => left.CompareTo(right) > 0;

    public static bool operator <=(Moment left, Moment right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Moment left, Moment right) => left.CompareTo(right) >= 0;
}
