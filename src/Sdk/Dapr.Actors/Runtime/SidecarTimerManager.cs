using System.Buffers;
using System.Text.Json;
using Dapr.Actors.Wire;

namespace Dapr.Actors.Runtime;

/// <summary>Keeps reminders and timers in the sidecar.</summary>
internal sealed class SidecarTimerManager(SidecarActors sidecar) : ActorTimerManager
{
    public override Task RegisterReminderAsync(ActorReminder reminder)
    {
        ArgumentNullException.ThrowIfNull(reminder);
        var schedule = new Schedule(reminder.DueTime, Durations.WritePeriod(reminder.Period, reminder.Repetitions), reminder.Ttl, reminder.State);
        return sidecar.PutAsync(Part(reminder), Body(schedule, callback: null));
    }

    public override async Task<IActorReminder?> GetReminderAsync(ActorReminderToken reminder)
    {
        ArgumentNullException.ThrowIfNull(reminder);
        var body = await sidecar.GetAsync(Part(reminder)).ConfigureAwait(false);
        if (body is null || body.Length == 0) return null;
        using var document = JsonDocument.Parse(body);
        var firing = Firing.Read(document.RootElement);
        var due = firing.DueTime < TimeSpan.Zero ? TimeSpan.Zero : firing.DueTime;
        return new ActorReminder(reminder.ActorType, reminder.ActorId, reminder.Name, firing.Data, due, firing.Period);
    }

    public override Task UnregisterReminderAsync(ActorReminderToken reminder)
    {
        ArgumentNullException.ThrowIfNull(reminder);
        return sidecar.DeleteAsync(Part(reminder));
    }

    public override Task RegisterTimerAsync(ActorTimer timer)
    {
        ArgumentNullException.ThrowIfNull(timer);
        var schedule = new Schedule(timer.DueTime, Durations.Write(timer.Period), timer.Ttl, timer.Data);
        return sidecar.PutAsync(Part(timer), Body(schedule, timer.TimerCallback));
    }

    public override Task UnregisterTimerAsync(ActorTimerToken timer)
    {
        ArgumentNullException.ThrowIfNull(timer);
        return sidecar.DeleteAsync(Part(timer));
    }

    private static ActorPart Part(ActorReminderToken reminder) => new(reminder.ActorType, reminder.ActorId.GetId(), "reminders", reminder.Name);

    private static ActorPart Part(ActorTimerToken timer) => new(timer.ActorType, timer.ActorId.GetId(), "timers", timer.Name);

    private static byte[] Body(Schedule schedule, string? callback)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("dueTime"u8, Durations.Write(schedule.DueTime));
            writer.WriteString("period"u8, schedule.Period);
            if (schedule.Ttl is { } ttl) writer.WriteString("ttl"u8, Durations.Write(ttl));
            if (schedule.Data is { } data) writer.WriteBase64String("data"u8, data);
            if (callback is not null) writer.WriteString("callback"u8, callback);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private readonly record struct Schedule(TimeSpan DueTime, string Period, TimeSpan? Ttl, byte[]? Data);
}

/// <summary>What a firing's body, or the answer to a question for a reminder, tells.</summary>
internal readonly record struct Firing(string? Callback, byte[] Data, TimeSpan DueTime, TimeSpan Period)
{
    public static Firing Read(JsonElement body) => new(
        Text(body, "callback"u8),
        body.TryGetProperty("data"u8, out var data) && data.ValueKind == JsonValueKind.String ? data.GetBytesFromBase64() : [],
        Time(Text(body, "dueTime"u8)),
        Time(Text(body, "period"u8)));

    // A due time may be an instant of the clock; for an actor that is "not given as a duration".
    private static TimeSpan Time(string? text) => DateTimeOffset.TryParse(text, out _) ? Durations.Never : Durations.Read(text);

    private static string? Text(JsonElement body, ReadOnlySpan<byte> name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
