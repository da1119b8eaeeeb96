using System.Collections.Concurrent;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Notifications.Subscriptions;

/// <summary>
/// How customers want to be told, asked for many at a time and kept for a moment. What was asked before an event happened is not used for it: a customer
/// who sets a webhook and then orders is told of that order's first event. Safe for concurrent use.
/// </summary>
internal sealed class CustomerDirectory(Invocation invoke, TimeProvider time)
{
    private const int MostKept = 10_000, MostAtOnce = 1_000;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<string, (Recipient? Recipient, DateTimeOffset AskedAt)> kept = new();

    /// <summary>Null for one who is gone or never had a profile; he is not told.</summary>
    public async ValueTask<Recipient?> FindAsync(string customerId, DateTimeOffset asOf, CancellationToken cancellation) =>
        (await FindManyAsync([(customerId, asOf)], cancellation)).GetValueOrDefault(customerId);

    /// <summary>Those that have a profile, as it stood at that time or later.</summary>
    public async ValueTask<IReadOnlyDictionary<string, Recipient>> FindManyAsync(IReadOnlyCollection<(string CustomerId, DateTimeOffset AsOf)> wanted, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var found = new Dictionary<string, Recipient>();
        var toAsk = new HashSet<string>();
        foreach (var customer in wanted.GroupBy(w => w.CustomerId))
        {
            if (kept.TryGetValue(customer.Key, out var known) && now - known.AskedAt < Fresh && known.AskedAt > customer.Max(w => w.AsOf)) Add(found, known.Recipient);
            else toAsk.Add(customer.Key);
        }

        foreach (var ids in toAsk.Chunk(MostAtOnce))
        {
            var answer = await invoke.PostAsync<Recipients>(Apps.Customers, "internal/recipients", new RecipientQuery(ids), cancellation);
            if (kept.Count > MostKept) kept.Clear();
            var items = answer.Items.ToDictionary(item => item.CustomerId);
            foreach (var id in ids)
            {
                kept[id] = (items.GetValueOrDefault(id), now);
                Add(found, items.GetValueOrDefault(id));
            }
        }

        return found;
    }

    private static void Add(Dictionary<string, Recipient> found, Recipient? recipient)
    {
        if (recipient is not null) found[recipient.CustomerId] = recipient;
    }
}
