using System.Collections.Concurrent;

namespace DaprOrders.Gateway.Placing;

/// <summary>
/// Orders a second that one customer may place, with a burst of one second's worth; a batch counts its orders. Off unless DAPRORDERS_CUSTOMER_RATE is set.
/// Safe for concurrent use.
/// </summary>
internal sealed class CustomerRate(IConfiguration configuration, TimeProvider time)
{
    private const int MostKept = 100_000;
    private readonly double rate = configuration.GetValue("DAPRORDERS_CUSTOMER_RATE", 0.0);
    private readonly ConcurrentDictionary<string, Bucket> buckets = new();

    /// <summary>Null when they may be placed now; else the seconds after which that many may be.</summary>
    public int? Take(string customer, int orders)
    {
        if (rate <= 0) return null;
        if (buckets.Count > MostKept) buckets.Clear(); // everybody has a full bucket again: generous, and bounded
        var bucket = buckets.GetOrAdd(customer, _ => new Bucket { Tokens = Burst, At = time.GetTimestamp() });
        lock (bucket)
        {
            var now = time.GetTimestamp();
            bucket.Tokens = Math.Min(Burst, bucket.Tokens + (time.GetElapsedTime(bucket.At, now).TotalSeconds * rate));
            bucket.At = now;
            // More than a burst are let through by a full bucket, which is then in debt: a large batch is slowed down, never refused for ever.
            if (bucket.Tokens >= Math.Min(orders, Burst))
            {
                bucket.Tokens -= orders;
                return null;
            }

            return Math.Max(1, (int)Math.Ceiling((Math.Min(orders, Burst) - bucket.Tokens) / rate));
        }
    }

    private double Burst => Math.Max(1, rate);

    private sealed class Bucket
    {
        public double Tokens;
        public long At;
    }
}
