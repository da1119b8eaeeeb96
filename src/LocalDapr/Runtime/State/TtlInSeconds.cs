namespace LocalDapr.Runtime.State;

/// <summary>The metadata <c>ttlInSeconds</c> of a value: a number of seconds that fits 32 bits; -1 and 0 mean no end.</summary>
internal static class TtlInSeconds
{
    /// <summary>False for what is no such number.</summary>
    public static bool TryParse(string text, out TimeSpan? timeToLive)
    {
        var isNumber = int.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var seconds)
            && seconds >= -1;
        timeToLive = isNumber && seconds > 0 ? TimeSpan.FromSeconds(seconds) : null;
        return isNumber;
    }
}
