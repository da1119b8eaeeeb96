namespace DaprOrders.ServiceDefaults.Metrics;

/// <summary>One line or one histogram: the measurements of an instrument with the same tags. Safe for concurrent use.</summary>
internal sealed class Series(double[]? bounds)
{
    private readonly Lock guard = new();
    private readonly long[] counts = new long[bounds is null ? 0 : bounds.Length + 1];
    private double sum;

    public void Add(double value)
    {
        lock (guard) sum += value;
    }

    public void Set(double value)
    {
        lock (guard) sum = value;
    }

    public void Record(double value)
    {
        var bucket = Array.BinarySearch(bounds!, value); // an upper bound is part of its bucket
        if (bucket < 0) bucket = ~bucket;
        lock (guard)
        {
            counts[bucket]++;
            sum += value;
        }
    }

    public (double Sum, long[] Counts) Read()
    {
        lock (guard) return (sum, [.. counts]);
    }
}
