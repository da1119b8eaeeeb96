using System.Text.Json;
using Dapr;
using Dapr.Client;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Payments.Ledger;

/// <summary>
/// The ledger in Dapr state, one document an order; what many orders write together is one transaction. A write is compared with the
/// etag it was read with, so two replicas never overwrite each other: the loser, and nobody else of its transaction, is told so. Safe for concurrent use.
/// </summary>
internal sealed class PaymentStore : IAsyncDisposable
{
    private readonly DaprClient dapr;
    private readonly MicroBatch<string, Versioned> reads;
    private readonly MicroBatch<(Payment Payment, string ETag), bool> writes;

    public PaymentStore(DaprClient dapr)
    {
        this.dapr = dapr;
        reads = new(ReadAsync, spacing: TimeSpan.FromMilliseconds(5));
        writes = new(WriteAsync, spacing: TimeSpan.FromMilliseconds(5));
    }

    /// <summary>The document as it is stored now; a new one when there is none.</summary>
    public Task<Versioned> LoadAsync(string orderId) => reads.AddAsync(orderId);

    /// <summary>Durable when it returns; a <see cref="LostWriteException"/> when somebody else wrote first.</summary>
    public async Task SaveAsync(Payment payment, string etag)
    {
        if (!await writes.AddAsync((payment, etag))) throw new LostWriteException(payment.OrderId);
    }

    public async Task<IReadOnlyList<PaymentRecord>> RecordsAsync(IReadOnlyList<string> orderIds) =>
        [.. (await ReadAsync(orderIds)).Select(v => v.Payment).Where(p => p.Status != "none")
            .Select(p => new PaymentRecord(p.OrderId, p.Status, p.Currency, p.Authorised, p.Captured, p.Refunded))];

    public async ValueTask DisposeAsync()
    {
        await reads.DisposeAsync();
        await writes.DisposeAsync();
    }

    private async Task<IReadOnlyList<Versioned>> ReadAsync(IReadOnlyList<string> orderIds)
    {
        var items = await dapr.GetBulkStateAsync(Components.Documents, [.. orderIds.Distinct().Select(Key)], parallelism: 8);
        var byKey = items.ToDictionary(item => item.Key);
        return [.. orderIds.Select(id => byKey.TryGetValue(Key(id), out var item) && item.Value is { Length: > 0 }
            ? new Versioned(JsonSerializer.Deserialize<Payment>(item.Value, Defaults.Json)!, item.ETag)
            : new Versioned(new Payment(id, ""), ""))];
    }

    /// <summary>
    /// A transaction that fails does not say why. What is stored then does: a document that another has written is lost to him, the others go again; ends,
    /// since each round has one document less. One that is as it should be is ours: a store without roll-back has kept it, or the answer got lost.
    /// </summary>
    private async Task<IReadOnlyList<bool>> WriteAsync(IReadOnlyList<(Payment Payment, string ETag)> items)
    {
        var (isWritten, left) = (new bool[items.Count], Enumerable.Range(0, items.Count).ToList());
        while (left.Count > 0)
        {
            try
            {
                await TransactAsync(left.Select(i => items[i]));
                foreach (var i in left) isWritten[i] = true;
                break;
            }
            catch (DaprException)
            {
                var stored = await ReadAsync([.. left.Select(i => items[i].Payment.OrderId)]);
                var changed = left.Where((item, i) => stored[i].ETag != items[item].ETag).ToHashSet();
                if (changed.Count == 0) throw; // no conflict: the store itself is at fault
                for (var i = 0; i < left.Count; i++) isWritten[left[i]] = changed.Contains(left[i]) && IsSame(stored[i].Payment, items[left[i]].Payment);
                left.RemoveAll(changed.Contains);
            }
        }

        return isWritten;
    }

    private Task TransactAsync(IEnumerable<(Payment Payment, string ETag)> items) =>
        dapr.ExecuteStateTransactionAsync(Components.Documents, [.. items.Select(item => new StateTransactionRequest(
            Key(item.Payment.OrderId), Bytes(item.Payment), StateOperationType.Upsert,
            etag: item.ETag.Length > 0 ? item.ETag : null, options: new StateOptions { Concurrency = ConcurrencyMode.FirstWrite }))]);

    private static bool IsSame(Payment one, Payment other) => Bytes(one).AsSpan().SequenceEqual(Bytes(other));

    private static byte[] Bytes(Payment payment) => JsonSerializer.SerializeToUtf8Bytes(payment, Defaults.Json);

    private static string Key(string orderId) => $"payment-{orderId}";
}

internal readonly record struct Versioned(Payment Payment, string ETag);

/// <summary>Somebody else wrote the order's payment first: read it again.</summary>
internal sealed class LostWriteException(string orderId) : Exception($"The payment of {orderId} was written by another at the same time.");
