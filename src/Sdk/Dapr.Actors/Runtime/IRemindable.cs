namespace Dapr.Actors.Runtime;

/// <summary>Implemented by actors that take reminders.</summary>
public interface IRemindable
{
    /// <summary>A reminder fired. An exception makes the sidecar fire again by the reminder's failure policy.</summary>
    Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period);
}
