using System.Diagnostics.Metrics;
using DaprOrders.Contracts;

namespace DaprOrders.Notifications.Subscriptions;

internal static class NotificationMetrics
{
    private static readonly Meter Meter = new("DaprOrders.Notifications");

    public static readonly Counter<long> Sent = Meter.CreateCounter<long>("daprorders.notifications.sent", "{message}", "Messages that the mail binding took.");

    public static readonly Counter<long> DeadLetters = Meter.CreateCounter<long>("daprorders.notifications.dead_letters", "{event}", "Events that could not be handled and are kept.");

    /// <summary>Shown as 0 from the start: an alert on growth must see the first one.</summary>
    public static void Begin()
    {
        Sent.Add(0);
        foreach (var subscriber in new[] { Apps.Notifications, Apps.Auditor }) DeadLetters.Add(0, new KeyValuePair<string, object?>("subscriber", subscriber));
    }
}
