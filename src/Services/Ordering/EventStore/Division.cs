namespace DaprOrders.Ordering.EventStore;

/// <summary>Who owns a bucket, and whether his time is over.</summary>
internal sealed record Lease(int Bucket, string Owner, long Epoch, bool IsOver, long Published);

/// <summary>
/// What one process does about the buckets: it keeps what it has up to its fair part, gives back what is above it, and takes what nobody has while it is
/// below. Fair parts cover all buckets, so none is left over; whoever is new waits until the others give back, at their next turn. Pure.
/// </summary>
internal sealed record Division(IReadOnlyList<int> Keep, IReadOnlyList<int> GiveBack, IReadOnlyList<int> Take)
{
    public static Division Of(IReadOnlyList<Lease> leases, string me, int members)
    {
        var part = (leases.Count + Math.Max(1, members) - 1) / Math.Max(1, members);
        var mine = leases.Where(lease => lease.Owner == me).Select(lease => lease.Bucket).ToList();
        var free = leases.Where(lease => lease.Owner != me && lease.IsOver).Select(lease => lease.Bucket);
        return new Division([.. mine.Take(part)], [.. mine.Skip(part)], [.. free.Take(Math.Max(0, part - mine.Count))]);
    }
}
