using System.Text.Json;
using Dapr.Client;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Payments.Ledger;

/// <summary>
/// The ledger in Dapr state, one document an order; what many orders write within a millisecond is one transaction. A write is compared with the
/// etag it was read with, so two replicas never overwrite each other: the loser fails and is asked again. Safe for concurrent use.
/// </summary>
internal sealed class PaymentStore : IAsyncDisposable
{
    private readonly DaprClient dapr;
    private readonly MicroBatch<string, Versioned> reads;
    private readonly MicroBatch<(Payment Payment, string ETag), bool> writes;

    public PaymentStore(DaprClient dapr)
    {
        this.dapr = dapr;
        reads = new(ReadAsync, window: TimeSpan.FromMilliseconds(2));
        writes = new(WriteAsync, window: TimeSpan.FromMilliseconds(2));
    }

    /// <summary>The document as it is stored now; a new one when there is none.</summary>
    public Task<Versioned> LoadAsync(string orderId) => reads.AddAsync(orderId);

    /// <summary>Durable when it returns; throws when somebody else wrote first.</summary>
    public Task SaveAsync(Payment payment, string etag) => writes.AddAsync((payment, etag));

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

    private async Task<IReadOnlyList<bool>> WriteAsync(IReadOnlyList<(Payment Payment, string ETag)> items)
    {
        await dapr.ExecuteStateTransactionAsync(Components.Documents, [.. items.Select(item => new StateTransactionRequest(
            Key(item.Payment.OrderId), JsonSerializer.SerializeToUtf8Bytes(item.Payment, Defaults.Json), StateOperationType.Upsert,
            etag: item.ETag.Length > 0 ? item.ETag : null, options: new StateOptions { Concurrency = ConcurrencyMode.FirstWrite }))]);
        return [.. items.Select(_ => true)];
    }

    private static string Key(string orderId) => $"payment-{orderId}";
}

internal readonly record struct Versioned(Payment Payment, string ETag);
