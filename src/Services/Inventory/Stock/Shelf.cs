using DaprOrders.Contracts;

namespace DaprOrders.Inventory.Stock;

/// <summary>
/// One SKU's books in memory: the level, and what every order did here. Pure: commands in, outcomes and new ledger entries out; whoever calls it
/// makes the entries durable before he answers. Available never goes below zero.
/// </summary>
internal sealed class Shelf
{
    private const string Refused = "refused"; // a release without a reservation: noted, so that the reservation is refused when it comes late
    private readonly Dictionary<string, OrderTrace> orders = [];
    private readonly HashSet<string> restockKeys = [];

    public long Available { get; private set; }
    public long Reserved { get; private set; }
    public long Confirmed { get; private set; }
    public long Position { get; private set; }

    /// <summary>Takes an entry of the stored ledger in, or one that was just decided.</summary>
    public void Apply(StoredEntry entry)
    {
        Position = entry.Position;
        if (entry.Key is not null) restockKeys.Add(entry.Key);
        var trace = entry.OrderId is null ? default : orders.GetValueOrDefault(entry.OrderId);
        (Available, Reserved, Confirmed) = entry.Kind switch
        {
            "restock" => (Available + entry.Quantity, Reserved, Confirmed),
            "reserve" => (Available - entry.Quantity, Reserved + entry.Quantity, Confirmed),
            "confirm" => (Available, Reserved - entry.Quantity, Confirmed + entry.Quantity),
            "release" => (Available + entry.Quantity, Reserved - entry.Quantity, Confirmed),
            "return" => (Available + entry.Quantity, Reserved, Confirmed - entry.Quantity),
            _ => (Available, Reserved, Confirmed),
        };
        if (entry.OrderId is not null) orders[entry.OrderId] = trace.With(entry.Kind, entry.Quantity);
    }

    public (string Outcome, StoredEntry? Entry) Reserve(StockItem item, DateTimeOffset now) => Trace(item) switch
    {
        { Closed: true } => (StockOutcome.Released, null),
        { Reserved: > 0 } => (StockOutcome.Ok, null),
        _ when item.Quantity > Available => (StockOutcome.OutOfStock, null),
        _ => (StockOutcome.Ok, Next("reserve", item.Quantity, item.OrderId, now)),
    };

    public (string Outcome, StoredEntry? Entry) Confirm(StockItem item, DateTimeOffset now) => Trace(item) switch
    {
        { Confirmed: true } => (StockOutcome.Ok, null),
        { Reserved: > 0, Closed: false } trace => (StockOutcome.Ok, Next("confirm", trace.Reserved, item.OrderId, now)),
        _ => (StockOutcome.Released, null),
    };

    public (string Outcome, StoredEntry? Entry) Release(StockItem item, DateTimeOffset now) => Trace(item) switch
    {
        { Reserved: > 0, Closed: true } => (StockOutcome.Ok, null),
        { Closed: true } or { Confirmed: true } => (StockOutcome.Nothing, null),
        { Reserved: > 0 } trace => (StockOutcome.Ok, Next("release", trace.Reserved, item.OrderId, now)),
        _ => (StockOutcome.Nothing, Next(Refused, 0, item.OrderId, now)),
    };

    public (string Outcome, StoredEntry? Entry) Return(StockItem item, DateTimeOffset now) => Trace(item) switch
    {
        { Confirmed: true, Closed: false } trace => (StockOutcome.Ok, Next("return", trace.Reserved, item.OrderId, now)),
        { Confirmed: true } => (StockOutcome.Ok, null),
        _ => (StockOutcome.Nothing, null),
    };

    public StoredEntry? Restock(RestockStock command, DateTimeOffset now) =>
        restockKeys.Contains(command.Key) ? null : Next("restock", command.Quantity, null, now) with { Key = command.Key };

    private OrderTrace Trace(StockItem item) => orders.GetValueOrDefault(item.OrderId);

    private StoredEntry Next(string kind, long quantity, string? orderId, DateTimeOffset now) => new(Position + 1, now, kind, quantity, orderId, null);

    /// <summary>What one order did here. Closed: released, refused or returned; nothing more can happen.</summary>
    private readonly record struct OrderTrace(long Reserved, bool Confirmed, bool Closed)
    {
        public OrderTrace With(string kind, long quantity) => kind switch
        {
            "reserve" => this with { Reserved = quantity },
            "confirm" => this with { Confirmed = true },
            _ => this with { Closed = true },
        };
    }
}

/// <summary>An entry as it is stored; Key is the restock's.</summary>
public sealed record StoredEntry(long Position, DateTimeOffset At, string Kind, long Quantity, string? OrderId, string? Key);
