using System.Security.Cryptography;
using System.Text;
using Dapr.Client;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Notifications.Webhooks;

/// <summary>An event that a customer's webhook is to be told. Body is gone once it is settled; what is left keeps a second delivery from being sent again.</summary>
public sealed record Telling(string CustomerId, string OrderId, string EventId, string? Body, string? Trace = null);

/// <summary>
/// What webhooks are still to be told, durable before the bus is answered, so that a webhook that is slow or away holds up nobody. One document an event,
/// and, since Dapr state cannot list, a list of ids per process: segments that only their owner writes. An owner holds a lease; when it runs out, another
/// process takes the list over. Told twice after a crash or a lost lease is possible, untold is not. Safe for concurrent use.
/// 1. "hooks": the owners. 2. "hooks-{owner}": its lease and its segments' numbers. 3. "hooks-{owner}-{n}": event ids. 4. "hook-{hash of event id}".
/// </summary>
internal sealed class WebhookJournal(DaprClient dapr, IConfiguration configuration, TimeProvider time) : IDisposable
{
    private const string OwnersKey = "hooks";
    private const int IdsInASegment = 500, MostTries = 50;
    private static readonly Dictionary<string, string> SettledRetention = new() { ["ttlInSeconds"] = "86400" };

    private readonly TimeSpan lease = configuration.GetValue("Notifications:Lease", TimeSpan.FromSeconds(15));

    // All below belong to whoever holds this.
    private readonly SemaphoreSlim one = new(1, 1);
    private readonly Dictionary<string, int> segmentOf = []; // unsettled event id → segment
    private readonly Dictionary<int, int> unsettled = []; // segment → how many of its ids
    private readonly HashSet<string> doubtful = []; // listed, but writing their documents failed: some may be there
    private List<string> segment = [];
    private string owner = "", etag = "";
    private DateTimeOffset until;
    private int first, last;

    public sealed record Owners(IReadOnlyList<string> Ids);

    public sealed record Owner(DateTimeOffset Until, int First, int Last);

    public sealed record Segment(IReadOnlyList<string> EventIds);

    /// <summary>How often to renew and to look for lists that nobody holds.</summary>
    public TimeSpan LookAround => lease / 3;

    /// <summary>Those that were not accepted before, now durable.</summary>
    public Task<IReadOnlyList<Telling>> AcceptAsync(IReadOnlyList<Telling> tellings, CancellationToken cancellation) => AloneAsync<IReadOnlyList<Telling>>(async () =>
    {
        var known = (await ReadAsync([.. tellings.Select(t => t.EventId)], cancellation)).Select(t => t.EventId).Where(id => !doubtful.Contains(id)).ToHashSet();
        Telling[] fresh = [.. tellings.Where(t => !known.Contains(t.EventId)).DistinctBy(t => t.EventId)];
        if (fresh.Length == 0) return fresh;
        // The ids first: an id without its document is nothing, a document without its id would never be sent after a crash.
        await HoldAsync(cancellation);
        await AppendAsync([.. fresh.Select(t => t.EventId).Where(id => !segmentOf.ContainsKey(id))], cancellation);
        doubtful.UnionWith(fresh.Select(t => t.EventId));
        await dapr.SaveBulkStateAsync(Components.Documents, [.. fresh.Select(t => new SaveStateItem<Telling>(KeyOf(t.EventId), t, etag: null!))], cancellation);
        doubtful.ExceptWith(fresh.Select(t => t.EventId));
        return fresh;
    }, cancellation);

    public async Task SettleAsync(Telling telling, CancellationToken cancellation)
    {
        await dapr.SaveStateAsync(Components.Documents, KeyOf(telling.EventId), telling with { Body = null }, metadata: SettledRetention, cancellationToken: cancellation);
        await AloneAsync(async () =>
        {
            Strike(telling.EventId);
            await ForgetFinishedAsync(cancellation);
            return 0;
        }, cancellation);
    }

    /// <summary>Holds on to the own list while something in it is unsettled.</summary>
    public Task RenewAsync(CancellationToken cancellation) => AloneAsync(async () =>
    {
        if (segmentOf.Count > 0) await RenewLeaseAsync(cancellation);
        return 0;
    }, cancellation);

    /// <summary>What is unsettled in the lists of processes that are gone, from now on in the own list; and what was in doubt and proves to be there.</summary>
    public Task<IReadOnlyList<Telling>> TakeOverAsync(CancellationToken cancellation) => AloneAsync<IReadOnlyList<Telling>>(async () =>
    {
        var taken = await DecideDoubtsAsync(cancellation);
        var owners = await dapr.GetStateAsync<Owners?>(Components.Documents, OwnersKey, cancellationToken: cancellation);
        foreach (var gone in (owners?.Ids ?? []).Where(id => id != owner))
        {
            var (list, listETag) = await dapr.GetStateAndETagAsync<Owner?>(Components.Documents, OwnerKey(gone), cancellationToken: cancellation);
            if (list is not null && (list.Until > time.GetUtcNow() || !await dapr.TryWriteAsync(Components.Documents, OwnerKey(gone), list with { Until = time.GetUtcNow() + lease }, listETag, cancellation))) continue;
            if (list is not null) taken.AddRange(await AdoptAsync(gone, list, cancellation));
            await ChangeOwnersAsync(ids => [.. ids.Where(id => id != gone)], cancellation);
        }

        return taken;
    }, cancellation);

    /// <summary>At an orderly end: the next process need not wait for the lease.</summary>
    public Task LetGoAsync(CancellationToken cancellation) => AloneAsync(async () =>
    {
        if (owner.Length > 0) await dapr.TryWriteAsync(Components.Documents, OwnerKey(owner), new Owner(DateTimeOffset.UnixEpoch, first, last), etag, cancellation);
        return 0;
    }, cancellation);

    public void Dispose() => one.Dispose();

    private async Task<List<Telling>> DecideDoubtsAsync(CancellationToken cancellation)
    {
        if (doubtful.Count == 0) return [];
        List<Telling> there = [.. await ReadAsync([.. doubtful], cancellation)];
        foreach (var id in doubtful.Except(there.Select(t => t.EventId))) Strike(id); // the bus was not answered and brings it again
        doubtful.Clear();
        return there;
    }

    private void Strike(string eventId)
    {
        if (segmentOf.Remove(eventId, out var number)) unsettled[number]--;
    }

    private async Task ForgetFinishedAsync(CancellationToken cancellation)
    {
        foreach (var number in unsettled.Where(s => s.Value == 0 && s.Key != last).Select(s => s.Key).ToList())
        {
            await dapr.DeleteStateAsync(Components.Documents, SegmentKey(owner, number), cancellationToken: cancellation);
            unsettled.Remove(number);
        }

        first = unsettled.Keys.Append(last).Min();
    }

    private async Task<List<Telling>> AdoptAsync(string gone, Owner list, CancellationToken cancellation)
    {
        var adopted = new List<Telling>();
        for (var number = list.First; number <= list.Last; number++)
        {
            if (await dapr.GetStateAsync<Segment?>(Components.Documents, SegmentKey(gone, number), cancellationToken: cancellation) is not { } found) continue;
            Telling[] open = [.. (await ReadAsync(found.EventIds, cancellation)).Where(t => t.Body is not null && !segmentOf.ContainsKey(t.EventId))];
            if (open.Length > 0)
            {
                await HoldAsync(cancellation);
                await AppendAsync([.. open.Select(t => t.EventId)], cancellation);
                adopted.AddRange(open);
            }

            await dapr.DeleteStateAsync(Components.Documents, SegmentKey(gone, number), cancellationToken: cancellation);
        }

        await dapr.DeleteStateAsync(Components.Documents, OwnerKey(gone), cancellationToken: cancellation);
        return adopted;
    }

    private async Task HoldAsync(CancellationToken cancellation)
    {
        if (until - time.GetUtcNow() < lease * 2 / 3) await RenewLeaseAsync(cancellation);
    }

    private async Task RenewLeaseAsync(CancellationToken cancellation)
    {
        if (owner.Length == 0 || !await TryRenewAsync(cancellation)) await BeginAnewAsync(cancellation);
    }

    private async Task<bool> TryRenewAsync(CancellationToken cancellation)
    {
        var next = time.GetUtcNow() + lease;
        if (!await dapr.TryWriteAsync(Components.Documents, OwnerKey(owner), new Owner(next, first, last), etag, cancellation)) return false;
        (_, etag) = await dapr.GetStateAndETagAsync<Owner?>(Components.Documents, OwnerKey(owner), cancellationToken: cancellation);
        until = next;
        return true;
    }

    /// <summary>Under a new name: this is the first list, or the old one was taken over meanwhile, and with it what it held.</summary>
    private async Task BeginAnewAsync(CancellationToken cancellation)
    {
        string[] held = [.. segmentOf.Keys];
        (owner, etag, first, last, segment) = (Guid.NewGuid().ToString("N"), "", 0, 0, []);
        segmentOf.Clear();
        unsettled.Clear();
        if (!await TryRenewAsync(cancellation)) throw new InvalidOperationException("A name that nobody can have was taken.");
        await ChangeOwnersAsync(ids => [.. ids, owner], cancellation);
        if (held.Length > 0) await AppendAsync(held, cancellation);
    }

    private async Task AppendAsync(string[] ids, CancellationToken cancellation)
    {
        foreach (var chunk in ids.Chunk(IdsInASegment))
        {
            if (segment.Count + chunk.Length > IdsInASegment)
            {
                last++;
                segment = [];
                await RenewLeaseAsync(cancellation); // the number must be known before the segment
                await ForgetFinishedAsync(cancellation);
            }

            await dapr.SaveStateAsync(Components.Documents, SegmentKey(owner, last), new Segment([.. segment, .. chunk]), cancellationToken: cancellation);
            segment.AddRange(chunk);
            foreach (var id in chunk) segmentOf[id] = last;
            unsettled[last] = unsettled.GetValueOrDefault(last) + chunk.Length;
        }
    }

    private async Task<IEnumerable<Telling>> ReadAsync(IReadOnlyList<string> eventIds, CancellationToken cancellation)
    {
        var items = await dapr.GetBulkStateAsync<Telling?>(Components.Documents, [.. eventIds.Distinct().Select(KeyOf)], parallelism: 8, cancellationToken: cancellation);
        var found = items.Select(item => item.Value).OfType<Telling>().ToDictionary(t => t.EventId);
        return eventIds.Distinct().Where(found.ContainsKey).Select(id => found[id]);
    }

    private async Task ChangeOwnersAsync(Func<IReadOnlyList<string>, IReadOnlyList<string>> change, CancellationToken cancellation)
    {
        for (var left = MostTries; left > 0; left--)
        {
            var (owners, ownersETag) = await dapr.GetStateAndETagAsync<Owners?>(Components.Documents, OwnersKey, cancellationToken: cancellation);
            if (await dapr.TryWriteAsync(Components.Documents, OwnersKey, new Owners(change(owners?.Ids ?? [])), ownersETag, cancellation)) return;
        }

        throw new InvalidOperationException($"The list of owners was changed by others {MostTries} times in a row.");
    }

    private async Task<T> AloneAsync<T>(Func<Task<T>> act, CancellationToken cancellation)
    {
        await one.WaitAsync(cancellation);
        try
        {
            return await act();
        }
        finally
        {
            one.Release();
        }
    }

    private static string OwnerKey(string id) => $"hooks-{id}";

    private static string SegmentKey(string id, int number) => $"hooks-{id}-{number}";

    private static string KeyOf(string eventId) => $"hook-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(eventId)))[..32]}";
}
