using Dapr.Actors.Runtime;
using DaprOrders.Contracts;

namespace DaprOrders.Inventory.Stock;

/// <summary>
/// Restocks by Idempotency-Key, noted in the transaction that fills the shelf, so that key and effect are there together or not at all. Kept for a day at
/// least: actor state has no expiry everywhere, so they are numbered, and each new one clears away the two oldest that are over.
/// </summary>
internal sealed class RestockKeys(IActorStateManager state, long first, long next)
{
    private const int ClearedAtATime = 2;
    private static readonly TimeSpan Retention = TimeSpan.FromHours(24);

    public sealed record Mark(string Key, DateTimeOffset At);

    /// <summary>The numbers of those that are kept.</summary>
    public long First { get; private set; } = first;

    public long Next { get; private set; } = next;

    public async Task<Restocked?> FindAsync(string key)
    {
        var stored = await state.TryGetStateAsync<Restocked>(key);
        return stored.HasValue ? stored.Value : null;
    }

    public async Task NoteAsync(string key, Restocked done, DateTimeOffset now)
    {
        await state.SetStateAsync(key, done);
        await state.SetStateAsync(MarkOf(Next++), new Mark(key, now));
        for (var left = ClearedAtATime; left > 0 && First < Next; left--)
        {
            var mark = await state.TryGetStateAsync<Mark>(MarkOf(First));
            if (mark.HasValue && now - mark.Value.At < Retention) return;
            if (mark.HasValue) await state.TryRemoveStateAsync(mark.Value.Key);
            await state.TryRemoveStateAsync(MarkOf(First++));
        }
    }

    public static string MarkOf(long number) => $"restock-at-{number}";
}
