using DaprOrders.Ordering.EventStore;

namespace DaprOrders.Ordering.Publishing;

/// <summary>
/// Events that were read and are not published yet, and which of them may go now. A broker without a bulk of its own is given a batch's entries side by
/// side, so a batch holds one event of an order at most, and an order with an event under way waits: an order's events reach the bus in their order
/// whatever it makes of a batch. Pure; not safe for concurrent use.
/// </summary>
internal sealed class Outgoing
{
    public const int MostWaiting = 2000;
    private const int MostInABatch = 500;
    private const int MostBytes = 96 * 1024; // Service Bus refuses a bulk above 128 KiB, envelopes included
    private const int Envelope = 600;
    private readonly Dictionary<int, Progress> buckets = [];
    private readonly List<StoredEvent> waiting = []; // of a bucket by position; those under way too
    private readonly HashSet<string> underWay = [];  // orders

    public int Room => MostWaiting - waiting.Count;

    /// <summary>Where to read on, by bucket.</summary>
    public IReadOnlyList<(int Bucket, long After)> From => [.. buckets.Values.Select(progress => (progress.Share.Bucket, progress.ReadTo))];

    /// <summary>A bucket that is new here, or came back, begins at its mark; what waits of one that went is its new owner's.</summary>
    public void Own(IReadOnlyList<Share> owned)
    {
        var now = owned.ToDictionary(share => share.Bucket);
        foreach (var (bucket, progress) in buckets)
            if (!now.TryGetValue(bucket, out var share) || share.Epoch != progress.Share.Epoch) buckets.Remove(bucket);
        waiting.RemoveAll(stored => !buckets.ContainsKey(stored.Bucket));
        foreach (var share in owned) buckets.TryAdd(share.Bucket, new Progress(share));
    }

    public void Add(IReadOnlyList<StoredEvent> events)
    {
        waiting.AddRange(events);
        foreach (var stored in events) buckets[stored.Bucket].ReadTo = stored.Position;
    }

    /// <summary>How far each bucket is published, where that is further than was noted.</summary>
    public IReadOnlyList<Mark> Marks()
    {
        var first = new Dictionary<int, long>();
        foreach (var stored in waiting) first.TryAdd(stored.Bucket, stored.Position);
        return [.. buckets.Values.Select(progress => new Mark(progress.Share.Bucket, progress.Share.Epoch, first.TryGetValue(progress.Share.Bucket, out var next) ? next - 1 : progress.ReadTo))
            .Where(mark => mark.Published > buckets[mark.Bucket].Noted)];
    }

    public void Noted(IReadOnlyList<Mark> marks)
    {
        foreach (var mark in marks)
            if (buckets.TryGetValue(mark.Bucket, out var progress) && progress.Share.Epoch == mark.Epoch) progress.Noted = mark.Published;
    }

    /// <summary>The next batch, oldest first; empty when nothing may go, or when it would not be full and only a full one is worth it.</summary>
    public IReadOnlyList<StoredEvent> Take(bool onlyFull)
    {
        var batch = new List<StoredEvent>();
        var (bytes, isFull) = (0, false);
        var seen = new HashSet<string>(underWay);
        foreach (var stored in waiting)
        {
            if (!seen.Add(stored.OrderId)) continue;
            bytes += stored.Data.Length + Envelope;
            isFull = batch.Count == MostInABatch || (batch.Count > 0 && bytes > MostBytes);
            if (isFull) break;
            batch.Add(stored);
        }

        if (onlyFull && !isFull) return [];
        underWay.UnionWith(batch.Select(stored => stored.OrderId));
        return batch;
    }

    /// <summary>The batch is no longer under way; what failed of it waits again, with all that follows of its orders.</summary>
    public void Settle(IReadOnlyList<StoredEvent> batch, IReadOnlySet<StoredEvent> failed)
    {
        underWay.ExceptWith(batch.Select(stored => stored.OrderId));
        var done = batch.Where(stored => !failed.Contains(stored)).ToHashSet();
        waiting.RemoveAll(done.Contains);
    }

    private sealed class Progress(Share share)
    {
        public Share Share { get; } = share;
        public long ReadTo { get; set; } = share.Published;
        public long Noted { get; set; } = share.Published;
    }
}
