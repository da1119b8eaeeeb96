using System.Collections.Concurrent;
using System.Net;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Ordering.Catalogue;

/// <summary>
/// What customers may have open at once, as Customers has it. Kept for a few seconds; Customers pushes changes before it answers. While it is away the
/// last known limit counts, or none: intake goes on without it. Safe for concurrent use.
/// </summary>
internal sealed partial class Limits(Invocation invoke, TimeProvider time, ILogger<Limits> log)
{
    private const int MostKept = 100_000;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<string, (long? Limit, DateTimeOffset At)> kept = new();
    private long forgotten; // ticks: what was asked for before must be asked for again

    public void Changed(CustomerLimit changed) => kept[changed.CustomerId] = (changed.OrderLimit, time.GetUtcNow());

    /// <summary>What is known stays for while Customers is away, but is asked for again.</summary>
    public void Forget() => Interlocked.Exchange(ref forgotten, time.GetUtcNow().UtcTicks);

    /// <summary>In minor units; null for none.</summary>
    public async ValueTask<long?> OfAsync(string customerId, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var isKnown = kept.TryGetValue(customerId, out var known);
        if (isKnown && now - known.At < Fresh && known.At.UtcTicks > Interlocked.Read(ref forgotten)) return known.Limit;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Invocation.At(Apps.Customers, $"internal/limits/{Uri.EscapeDataString(customerId)}"));
            using var answer = await invoke.SendAsync(request, cancellation);
            if (answer.StatusCode != HttpStatusCode.NotFound) answer.EnsureSuccessStatusCode();
            var limit = answer.StatusCode == HttpStatusCode.NotFound ? null : (await answer.Content.ReadFromJsonAsync<CustomerLimit>(cancellation))!.OrderLimit;
            if (kept.Count > MostKept) kept.Clear();
            return kept.AddOrUpdate(customerId, (limit, now), (_, other) => other.At > now ? other : (limit, now)).Limit;
        }
        catch (HttpRequestException e)
        {
            NotKnown(log, e.Message);
            kept[customerId] = (known.Limit, now); // asked again when that is over, not for every order
            return known.Limit;
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "A customer's limit cannot be had now, the last known one counts: {Reason}")]
    private static partial void NotKnown(ILogger logger, string reason);
}
