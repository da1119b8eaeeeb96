using Dapr.Client;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Notifications.DeadLetters;

/// <summary>
/// The ids of all dead letters in the order in which they came, since Dapr state cannot list: leaves of at most 100 ids, and a head that names the last
/// leaf. Every write is guarded by an etag, so replicas add side by side. Safe for concurrent use.
/// </summary>
internal sealed class DeadLetterIndex(DaprClient dapr) : IDisposable
{
    private const string HeadKey = "dead-letters";
    private const int IdsInALeaf = 100, MostTries = 50;
    private readonly SemaphoreSlim one = new(1, 1);

    public sealed record Head(int Last);

    public sealed record Leaf(IReadOnlyList<string> Ids);

    public readonly record struct Place(int Leaf, int Position);

    /// <summary>Once, as long as the id is among the newest: a second delivery comes soon after the first.</summary>
    public async Task AddAsync(string id, CancellationToken cancellation)
    {
        await one.WaitAsync(cancellation);
        try
        {
            for (var left = MostTries; left > 0; left--)
                if (await TryAddAsync(id, cancellation)) return;
        }
        finally
        {
            one.Release();
        }

        throw new InvalidOperationException($"The index of dead letters was changed by others {MostTries} times in a row.");
    }

    /// <summary>Newest first, from the place after this one; null begins with the newest.</summary>
    public async IAsyncEnumerable<(Place Place, string Id)> NewestAsync(Place? after, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var last = (await dapr.GetStateAsync<Head?>(Components.Documents, HeadKey, cancellationToken: cancellation))?.Last ?? 0;
        for (var leaf = Math.Min(after?.Leaf ?? last, last); leaf >= 0; leaf--)
        {
            var ids = (await dapr.GetStateAsync<Leaf?>(Components.Documents, KeyOf(leaf), cancellationToken: cancellation))?.Ids ?? [];
            var first = leaf == after?.Leaf ? Math.Min(after.Value.Position, ids.Count) - 1 : ids.Count - 1;
            for (var position = first; position >= 0; position--) yield return (new Place(leaf, position), ids[position]);
        }
    }

    public void Dispose() => one.Dispose();

    private async Task<bool> TryAddAsync(string id, CancellationToken cancellation)
    {
        var (head, headETag) = await dapr.GetStateAndETagAsync<Head?>(Components.Documents, HeadKey, cancellationToken: cancellation);
        var last = head?.Last ?? 0;
        var (leaf, etag) = await dapr.GetStateAndETagAsync<Leaf?>(Components.Documents, KeyOf(last), cancellationToken: cancellation);
        var ids = leaf?.Ids ?? [];
        if (ids.Contains(id)) return true;
        if (last > 0 && (await dapr.GetStateAsync<Leaf?>(Components.Documents, KeyOf(last - 1), cancellationToken: cancellation))?.Ids.Contains(id) == true) return true;
        if (ids.Count < IdsInALeaf)
            return await dapr.TryWriteAsync(Components.Documents, KeyOf(last), new Leaf([.. ids, id]), etag, cancellation);
        await dapr.TryWriteAsync(Components.Documents, HeadKey, new Head(last + 1), headETag, cancellation);
        return false; // the new leaf is empty: again
    }

    private static string KeyOf(int leaf) => $"dead-letters-{leaf}";
}
