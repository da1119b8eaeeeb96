using System.Net.Http.Json;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Auditor.Reconciliation;

/// <summary>The sources of truth, page by page.</summary>
internal sealed class Sources(Invocation invoke, HttpClient provider)
{
    private const int PageSize = 2000, MostPayments = 1000;

    public Task<OrderChanges> OrdersAsync(string after, CancellationToken cancellation) =>
        invoke.GetAsync<OrderChanges>(Apps.Ordering, $"internal/orders/changes?after={Uri.EscapeDataString(after)}&limit={PageSize}", cancellation);

    /// <summary>The order at this place of the event store.</summary>
    public async Task<AuditedOrder?> OrderAsync(string orderId, long position, CancellationToken cancellation)
    {
        var page = await invoke.GetAsync<OrdersPage>(Apps.Ordering, $"internal/orders?after={position - 1}&limit=1", cancellation);
        return page.Items.FirstOrDefault(order => order.OrderId == orderId);
    }

    public async Task<IReadOnlyList<PaymentRecord>> PaymentsAsync(IEnumerable<string> orderIds, CancellationToken cancellation)
    {
        var all = new List<PaymentRecord>();
        foreach (var ids in orderIds.Chunk(MostPayments))
            all.AddRange((await invoke.PostAsync<PaymentRecords>(Apps.Payments, "internal/payments", new PaymentsQuery(ids), cancellation)).Items);
        return all;
    }

    public async Task<ProviderLedger> OperationsAsync(long after, CancellationToken cancellation) =>
        (await provider.GetFromJsonAsync<ProviderLedger>(new Uri($"/ledger?after={after}&limit={PageSize}", UriKind.Relative), cancellation))!;

    public async Task<IReadOnlyList<ProviderOperation>> OperationsOfAsync(string orderId, CancellationToken cancellation) =>
        (await provider.GetFromJsonAsync<ProviderLedger>(new Uri($"/ledger?reference={Uri.EscapeDataString(orderId)}&limit={PageSize}", UriKind.Relative), cancellation))!.Operations;

    /// <summary>Levels by name of SKU.</summary>
    public Task<StockPage> LevelsAsync(string after, int limit, CancellationToken cancellation) =>
        invoke.GetAsync<StockPage>(Apps.Inventory, $"internal/stock?after={Uri.EscapeDataString(after)}&limit={limit}", cancellation);

    public Task<LedgerPage> LedgerAsync(string sku, long after, CancellationToken cancellation) =>
        invoke.GetAsync<LedgerPage>(Apps.Inventory, $"internal/stock/{Uri.EscapeDataString(sku)}/ledger?after={after}&limit={PageSize}", cancellation);
}
