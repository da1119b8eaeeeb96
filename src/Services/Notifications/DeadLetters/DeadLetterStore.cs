using System.Text.Json;
using Dapr.Client;
using DaprOrders.Contracts;
using DaprOrders.Notifications.Subscriptions;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Notifications.DeadLetters;

/// <summary>Dead letters as documents "dead-{id}" beside their index. What is settled is forgotten after 30 days. Safe for concurrent use.</summary>
internal sealed partial class DeadLetterStore(DaprClient dapr, DeadLetterIndex index, TimeProvider time, ILogger<DeadLetterStore> log)
{
    private const int MostTries = 50;
    private static readonly Dictionary<string, string> SettledRetention = new() { ["ttlInSeconds"] = "2592000" }, Always = [];

    /// <summary>The document first, then the index: a crash in between is made good by the second delivery that it causes.</summary>
    public async Task KeepAsync(string channel, JsonElement cloudEvent, Failure failure, CancellationToken cancellation)
    {
        var letter = DeadLetter.Of(channel, cloudEvent, failure, time.GetUtcNow());
        var isNew = await dapr.TryWriteAsync(Components.Documents, KeyOf(letter.Id), letter, "", cancellation);
        await index.AddAsync(letter.Id, cancellation);
        if (!isNew) return;
        NotificationMetrics.DeadLetters.Add(1, new KeyValuePair<string, object?>("subscriber", Channels.SubscriberOf(channel)));
        Kept(log, letter.EventId, letter.Id, channel, failure.Error);
    }

    public async Task<DeadLetter?> FindAsync(string id, CancellationToken cancellation) =>
        IsId(id) ? await dapr.GetStateAsync<DeadLetter?>(Components.Documents, KeyOf(id), cancellationToken: cancellation) : null;

    /// <summary>Newest first, at most so many; those that are forgotten are left out. Next is there when more follow.</summary>
    public async Task<(IReadOnlyList<DeadLetter> Items, DeadLetterIndex.Place? Next)> PageAsync(DeadLetterIndex.Place? after, int limit, CancellationToken cancellation)
    {
        var found = new List<(DeadLetterIndex.Place Place, DeadLetter Letter)>();
        await foreach (var chunk in ChunksAsync(after, limit, cancellation))
        {
            var items = await dapr.GetBulkStateAsync<DeadLetter?>(Components.Documents, [.. chunk.Select(entry => KeyOf(entry.Id))], parallelism: 8, cancellationToken: cancellation);
            var letters = items.Where(item => item.Value is not null).ToDictionary(item => item.Value!.Id, item => item.Value!);
            found.AddRange(chunk.Where(entry => letters.ContainsKey(entry.Id)).Select(entry => (entry.Place, letters[entry.Id])));
            if (found.Count > limit) return ([.. found.Take(limit).Select(entry => entry.Letter)], found[limit - 1].Place);
        }

        return ([.. found.Select(entry => entry.Letter)], null);
    }

    /// <summary>The letter after the change; unchanged when the change gives null; null when there is no such letter.</summary>
    public async Task<(DeadLetter Letter, bool IsChanged)?> ChangeAsync(string id, Func<DeadLetter, DeadLetter?> change, CancellationToken cancellation)
    {
        if (!IsId(id)) return null;
        for (var left = MostTries; left > 0; left--)
        {
            var (letter, etag) = await dapr.GetStateAndETagAsync<DeadLetter?>(Components.Documents, KeyOf(id), cancellationToken: cancellation);
            if (letter is null) return null;
            if (change(letter) is not { } changed) return (letter, false);
            var retention = changed.Status is DeadLetterStatus.Replayed or DeadLetterStatus.Discarded ? SettledRetention : Always;
            if (await dapr.TryWriteAsync(Components.Documents, KeyOf(id), changed, etag, cancellation, retention)) return (changed, true);
        }

        throw new InvalidOperationException($"Dead letter {id} was changed by others {MostTries} times in a row.");
    }

    private async IAsyncEnumerable<List<(DeadLetterIndex.Place Place, string Id)>> ChunksAsync(
        DeadLetterIndex.Place? after, int limit, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var chunk = new List<(DeadLetterIndex.Place, string)>();
        await foreach (var entry in index.NewestAsync(after, cancellation))
        {
            chunk.Add(entry);
            if (chunk.Count <= limit) continue;
            yield return chunk;
            chunk = [];
        }

        if (chunk.Count > 0) yield return chunk;
    }

    private static bool IsId(string id) => id.Length == 32 && id.All(char.IsAsciiHexDigitLower);

    private static string KeyOf(string id) => $"dead-{id}";

    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "Event {EventId} is kept as dead letter {DeadLetterId} ({Channel}): {Reason}")]
    private static partial void Kept(ILogger logger, string eventId, string deadLetterId, string channel, string reason);
}
