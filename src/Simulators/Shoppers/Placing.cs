using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace DaprOrders.Shoppers;

/// <summary>What became of the orders so far. Written by many tasks; the counters are read while they run.</summary>
internal sealed class Tally
{
    public readonly ConcurrentDictionary<string, int> ByStatus = new();
    public readonly ConcurrentBag<double> AcceptanceMs = [];
    public readonly ConcurrentBag<double> TerminalMs = [];
    public int Accepted;
    public int Refused;
    public int Terminal;

    public static double Percentile(IEnumerable<double> values, double percent)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? 0 : sorted[(int)Math.Min(sorted.Length - 1, sorted.Length * percent / 100)];
    }
}

/// <summary>Places orders, each followed to its terminal status; at most <paramref name="parallel"/> are open at a time (closed loop).</summary>
internal sealed class Placing(Shop shop, string token, string run, int parallel, Tally tally)
{
    private static readonly TimeSpan TryFor = TimeSpan.FromMinutes(5);

    public Task AllAsync(IEnumerable<string> orders, CancellationToken cancellation) =>
        Parallel.ForEachAsync(orders.Select((json, i) => (json, i)), new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancellation },
            async (order, ct) => await OneAsync(order.json, $"{run}-{order.i}", ct));

    private async Task OneAsync(string json, string key, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var id = await PlaceAsync(json, key, clock, cancellation);
        if (id is null) return;
        var status = await FollowAsync(id, clock, cancellation);
        tally.ByStatus.AddOrUpdate(status, 1, (_, n) => n + 1);
        tally.TerminalMs.Add(clock.Elapsed.TotalMilliseconds);
        Interlocked.Increment(ref tally.Terminal);
    }

    /// <summary>Tries with the same key until it is accepted or refused for good: that is what the key is for.</summary>
    private async Task<string?> PlaceAsync(string json, string key, Stopwatch clock, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                var started = clock.Elapsed;
                using var answer = await shop.SendAsync(HttpMethod.Post, "/orders", token, json, key, cancellation);
                if (answer.StatusCode == HttpStatusCode.Accepted)
                {
                    tally.AcceptanceMs.Add((clock.Elapsed - started).TotalMilliseconds);
                    Interlocked.Increment(ref tally.Accepted);
                    var order = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellation);
                    return order.GetProperty("orderId").GetString();
                }

                if ((int)answer.StatusCode is not (409 or 429 or >= 500))
                {
                    Interlocked.Increment(ref tally.Refused);
                    return null;
                }
            }
            catch (HttpRequestException) when (clock.Elapsed < TryFor)
            {
                // The service is away for a moment: the same key makes another try safe.
            }

            if (clock.Elapsed > TryFor) throw new TimeoutException($"An order could not be placed for {TryFor}.");
            await Task.Delay(100, cancellation);
        }
    }

    private async Task<string> FollowAsync(string id, Stopwatch clock, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                var order = await shop.GetAsync($"/orders/{id}", token, cancellation, prefer: "wait=30");
                var status = order.GetProperty("status").GetString()!;
                if (status is "confirmed" or "rejected" or "cancelled" or "refunded") return status;
                if (status is "awaiting-approval" or "parked") return status;
            }
            catch (HttpRequestException) when (clock.Elapsed < TryFor)
            {
                await Task.Delay(200, cancellation);
            }

            if (clock.Elapsed > TryFor) return "still open";
        }
    }
}
