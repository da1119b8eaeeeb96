namespace DaprOrders.Notifications.Webhooks;

/// <summary>How long a webhook is tried: Notifications:GiveUp, or DAPRORDERS_NOTIFY_GIVE_UP_SECONDS; 20 s in development, else an hour.</summary>
internal sealed class GivingUp(IConfiguration configuration, IHostEnvironment environment)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500), LongestPause = TimeSpan.FromMinutes(1);

    public TimeSpan After { get; } = configuration.GetValue<double?>("DAPRORDERS_NOTIFY_GIVE_UP_SECONDS") is { } seconds
        ? TimeSpan.FromSeconds(seconds)
        : configuration.GetValue("Notifications:GiveUp", environment.IsDevelopment() ? TimeSpan.FromSeconds(20) : TimeSpan.FromHours(1));

    /// <summary>The pause after so many failed tries, doubling, the last one shortened to the end; null when the time is over.</summary>
    public TimeSpan? PauseAfter(int tries, TimeSpan since)
    {
        if (since >= After) return null;
        var pause = tries > 8 ? LongestPause : TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << (tries - 1)));
        return pause < After - since ? pause : After - since;
    }
}
