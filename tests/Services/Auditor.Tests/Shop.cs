using DaprOrders.Contracts;
using DaprOrders.Services.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DaprOrders.Auditor.Tests;

/// <summary>The books of a shop, as the services and the provider give them out; each may be wrong on purpose. Counts what it is asked for.</summary>
internal sealed class Shop : IAsyncDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
    public static readonly string[] Confirmed = ["accepted", "stock-reserved", "payment-authorised", "payment-captured", "stock-confirmed", "confirmed"];
    private readonly WebApplication provider;
    private readonly Lock gate = new();
    private readonly List<string> changes = [];
    private readonly Dictionary<string, AuditedOrder> orders = [];
    private readonly Dictionary<string, PaymentRecord> payments = [];
    private readonly List<ProviderOperation> operations = [];
    private readonly SortedDictionary<string, (List<LedgerEntry> Ledger, long Off)> shelves = [];

    private Shop(WebApplication provider) => this.provider = provider;

    public Uri Provider => new(provider.Urls.First());

    public long Given { get; private set; }

    public bool IsAway { get; set; }

    public static async Task<Shop> OpenAsync(ServiceSidecar sidecar)
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls", "http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        var shop = new Shop(builder.Build());
        shop.provider.MapGet("/ledger", (string? reference, long after = 0, int limit = 1000) => shop.Operations(reference, after, limit));
        await shop.provider.StartAsync();
        sidecar.Apps["ordering"] = shop.OrderingAsync;
        sidecar.Apps["payments"] = shop.PaymentsAsync;
        sidecar.Apps["inventory"] = shop.InventoryAsync;
        return shop;
    }

    public static string Id(int number) => $"{number:x32}";

    public void Order(string id, string status, params string[] events)
    {
        lock (gate)
        {
            var known = orders.TryGetValue(id, out var before);
            orders[id] = new AuditedOrder(known ? before!.Position : orders.Count + 1, id, status, new Money(1000, "EUR"), [new("tea", 2)], events, Now.AddMinutes(-1));
            changes.Add(id);
        }
    }

    /// <summary>An order that ended well, in all books.</summary>
    public void Sell(string id, string sku = "tea")
    {
        Move(sku, "reserve", 2, id);
        Charge(id, "authorise", "capture");
        Move(sku, "confirm", 2, id);
        Pay(id, "captured", 1000, 1000, 0);
        Order(id, "confirmed", Confirmed);
        if (sku != "tea") lock (gate) orders[id] = orders[id] with { Items = [new(sku, 2)] };
    }

    public void Charge(string id, params string[] acts)
    {
        lock (gate)
            foreach (var act in acts) operations.Add(new ProviderOperation(operations.Count + 1, act, id, new Money(1000, "EUR"), "succeeded", Now));
    }

    public void Pay(string id, string status, long authorised, long captured, long refunded)
    {
        lock (gate) payments[id] = new PaymentRecord(id, status, "EUR", authorised, captured, refunded);
    }

    public void Move(string sku, string kind, long quantity, string? order = null)
    {
        lock (gate)
        {
            if (!shelves.TryGetValue(sku, out var shelf)) shelves[sku] = shelf = ([], 0);
            shelf.Ledger.Add(new LedgerEntry(shelf.Ledger.Count + 1, Now, kind, quantity, order));
        }
    }

    /// <summary>The level is wrong by so much; a movement tells that there is something to look at.</summary>
    public void Miscount(string sku, long off)
    {
        Move(sku, "restock", 1);
        lock (gate) shelves[sku] = (shelves[sku].Ledger, off);
    }

    public ValueTask DisposeAsync() => provider.DisposeAsync();

    private ProviderLedger Operations(string? reference, long after, int limit)
    {
        lock (gate)
        {
            var page = (reference is null ? operations.Skip((int)after) : operations.Where(o => o.Reference == reference)).Take(limit).ToList();
            Given += page.Count;
            return new ProviderLedger(page, page.Count == limit ? page[^1].Position : null);
        }
    }

    private Task OrderingAsync(HttpContext context)
    {
        var (after, limit) = (context.Request.Query["after"].ToString(), int.Parse(context.Request.Query["limit"]!));
        lock (gate)
        {
            if (IsAway)
            {
                context.Response.StatusCode = 500;
                return Task.CompletedTask;
            }

            if (!context.Request.Path.Value!.EndsWith("/changes", StringComparison.Ordinal))
                return context.Response.WriteAsJsonAsync(new OrdersPage([.. orders.Values.Where(order => order.Position > long.Parse(after)).Take(limit)], null));
            var from = after.Length == 0 ? 0 : int.Parse(after);
            var ids = changes.Skip(from).Take(limit).ToList();
            Given += ids.Count;
            return context.Response.WriteAsJsonAsync(new OrderChanges([.. ids.Distinct().Select(id => orders[id])], $"{from + ids.Count}", ids.Count == limit));
        }
    }

    private async Task PaymentsAsync(HttpContext context)
    {
        var query = (await context.Request.ReadFromJsonAsync<PaymentsQuery>())!;
        PaymentRecords found;
        lock (gate) found = new PaymentRecords([.. query.OrderIds.Where(payments.ContainsKey).Select(id => payments[id])]);
        Given += found.Items.Count;
        await context.Response.WriteAsJsonAsync(found);
    }

    private Task InventoryAsync(HttpContext context)
    {
        var (after, limit) = (context.Request.Query["after"].ToString(), int.Parse(context.Request.Query["limit"]!));
        lock (gate)
        {
            if (context.Request.Path.Value!.Split('/') is not [.., var sku, "ledger"])
            {
                var names = shelves.Keys.Where(name => string.CompareOrdinal(name, after) > 0).Take(limit + 1).ToList();
                return context.Response.WriteAsJsonAsync(new StockPage([.. names.Take(limit).Select(Level)], names.Count > limit ? names[limit - 1] : null));
            }

            var page = shelves[sku].Ledger.Skip(int.Parse(after)).Take(limit).ToList();
            Given += page.Count;
            return context.Response.WriteAsJsonAsync(page.Count == limit ? new LedgerPage(page, page[^1].Position) : new LedgerPage(page, null, Level(sku)));
        }
    }

    private StockLevel Level(string sku)
    {
        long Sum(string kind) => shelves[sku].Ledger.Where(entry => entry.Kind == kind).Sum(entry => entry.Quantity);
        return new StockLevel(sku, Sum("restock") + Sum("return") + Sum("release") - Sum("reserve") + shelves[sku].Off, 0, 0, shelves[sku].Ledger.Count);
    }
}
