using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DaprOrders.Contracts;

namespace DaprOrders.Notifications.DeadLetters;

/// <summary>What of an event could not be done: all of it, when the bus gave it up, or the customer's webhook alone; or what the auditor had to do with it.</summary>
internal static class Channels
{
    public const string Event = "event", Webhook = "webhook", Auditor = "auditor";

    public static string SubscriberOf(string channel) => channel == Auditor ? Apps.Auditor : Apps.Notifications;
}

internal static class DeadLetterStatus
{
    public const string Open = "open", Replaying = "replaying", Replayed = "replayed", Discarded = "discarded";
}

/// <summary>What could not be handled, until somebody has looked at it; immutable, each change is a new one.</summary>
public sealed record DeadLetter(
    string Id, string Channel, string EventId, string OrderId, string Error, int Attempts, DateTimeOffset At, string Status, JsonElement Event, IReadOnlyList<Act> Acts)
{
    /// <summary>The same failure has the same id, so that kept twice is kept once.</summary>
    public static string IdOf(string channel, string eventId) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{channel}\n{eventId}")))[..32];

    public static DeadLetter Of(string channel, JsonElement cloudEvent, Failure failure, DateTimeOffset at)
    {
        var eventId = TextOf(cloudEvent, "id") ?? "";
        var orderId = cloudEvent.ValueKind == JsonValueKind.Object && cloudEvent.TryGetProperty("data", out var data) ? TextOf(data, "orderId") : null;
        return new(IdOf(channel, eventId), channel, eventId, orderId ?? eventId.Split(':')[0], failure.Error, failure.Attempts, at, DeadLetterStatus.Open, cloudEvent, []);
    }

    /// <summary>Null when it is not open.</summary>
    public DeadLetter? TakeUp(Act act) => Status != DeadLetterStatus.Open
        ? null
        : this with { Status = StatusAfter(act), Acts = [.. Acts, act with { Before = new Failure(Error, Attempts) }] };

    public DeadLetter Settled(string? error) => error is null
        ? this with { Status = DeadLetterStatus.Replayed }
        : this with { Status = DeadLetterStatus.Open, Error = error, Attempts = Attempts + 1 };

    /// <summary>As it was when this act was answered, so that the act's key gets the same answer again.</summary>
    public DeadLetter AsOf(int act) =>
        this with { Status = StatusAfter(Acts[act]), Acts = [.. Acts.Take(act + 1)], Error = Acts[act].Before!.Error, Attempts = Acts[act].Before!.Attempts };

    private static string StatusAfter(Act act) => act.Name == Act.Replay ? DeadLetterStatus.Replaying : DeadLetterStatus.Discarded;

    private static string? TextOf(JsonElement parent, string member) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

public sealed record Failure(string Error, int Attempts);

/// <summary>Who did what; with the hashes of the Idempotency-Key and the body, when there was a key, and the failure as it stood before.</summary>
public sealed record Act(DateTimeOffset At, string By, string Name, string? Reason, string? Key = null, string? BodyHash = null, Failure? Before = null)
{
    public const string Replay = "replay", Discard = "discard";
}
