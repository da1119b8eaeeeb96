using System.Net.Http.Json;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Auditor.Reconciliation;

/// <summary>Reads the sources of truth whole, in pages. Orders come first: whatever a finished order caused is then there in what is read after it.</summary>
internal sealed class Sources(Invocation invoke, HttpClient provider)
{
    private const int PageSize = 5000;

    public async Task<Books> ReadAsync(CancellationToken cancellation)
    {
        var orders = await PagesAsync<OrdersPage, AuditedOrder>(Apps.Ordering, "internal/orders", page => (page.Items, page.Next), cancellation);
        var payments = await PaymentsAsync(orders, cancellation);
        var operations = await ProviderAsync(cancellation);
        var stock = await StockAsync(cancellation);
        return new Books(orders, payments, operations, stock);
    }

    private async Task<List<TItem>> PagesAsync<TPage, TItem>(
        string app, string path, Func<TPage, (IReadOnlyList<TItem> Items, long? Next)> read, CancellationToken cancellation)
    {
        var all = new List<TItem>();
        for (long? after = 0; after is not null;)
        {
            var (items, next) = read(await invoke.GetAsync<TPage>(app, $"{path}?after={after}&limit={PageSize}", cancellation));
            all.AddRange(items);
            after = next;
        }

        return all;
    }

    private async Task<List<PaymentRecord>> PaymentsAsync(List<AuditedOrder> orders, CancellationToken cancellation)
    {
        var all = new List<PaymentRecord>();
        foreach (var ids in orders.Select(order => order.OrderId).Chunk(1000))
            all.AddRange((await invoke.PostAsync<PaymentRecords>(Apps.Payments, "internal/payments", new PaymentsQuery(ids), cancellation)).Items);

        return all;
    }

    private async Task<List<ProviderOperation>> ProviderAsync(CancellationToken cancellation)
    {
        var all = new List<ProviderOperation>();
        for (long? after = 0; after is not null;)
        {
            var page = await provider.GetFromJsonAsync<ProviderLedger>(new Uri($"/ledger?after={after}&limit={PageSize}", UriKind.Relative), cancellation);
            all.AddRange(page!.Operations);
            after = page.Next;
        }

        return all;
    }

    private async Task<List<SkuBook>> StockAsync(CancellationToken cancellation)
    {
        var levels = new List<StockLevel>();
        for (var after = ""; after is not null;)
        {
            var page = await invoke.GetAsync<StockPage>(Apps.Inventory, $"internal/stock?after={Uri.EscapeDataString(after)}&limit=1000", cancellation);
            levels.AddRange(page.Items);
            after = page.Next;
        }

        var books = new SkuBook[levels.Count];
        await Parallel.ForAsync(0, levels.Count, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellation }, async (i, ct) =>
        {
            var sku = levels[i].Sku;
            // The level is read again after the ledger it is compared with; a SKU that moved in between is compared at the next run.
            var before = await LevelAsync(sku, ct);
            var ledger = await PagesAsync<LedgerPage, LedgerEntry>(Apps.Inventory, $"internal/stock/{sku}/ledger", page => (page.Items, page.Next), ct);
            var after = await LevelAsync(sku, ct);
            books[i] = new SkuBook(sku, before == after ? after : null, ledger);
        });
        return [.. books];
    }

    private async Task<StockLevel?> LevelAsync(string sku, CancellationToken cancellation)
    {
        var page = await invoke.GetAsync<StockPage>(Apps.Inventory, $"internal/stock?sku={sku}", cancellation);
        return page.Items.Count == 1 ? page.Items[0] : null;
    }
}

