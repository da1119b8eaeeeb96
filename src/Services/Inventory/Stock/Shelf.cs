using DaprOrders.Contracts;

namespace DaprOrders.Inventory.Stock;

/// <summary>
/// One SKU's level. Pure: a command and what its order did before in, an outcome and what is to be noted out; whoever calls it makes that durable
/// before he answers. Available never goes below zero. Of constant size, however many orders came by.
/// </summary>
internal sealed class Shelf(long available = 0, long reserved = 0, long confirmed = 0, long position = 0)
{
    public long Available { get; private set; } = available;
    public long Reserved { get; private set; } = reserved;
    public long Confirmed { get; private set; } = confirmed;

    /// <summary>Of the ledger's last entry.</summary>
    public long Position { get; private set; } = position;

    /// <summary>Takes an entry that was just decided in.</summary>
    public void Apply(StoredEntry entry)
    {
        Position = entry.Position;
        (Available, Reserved, Confirmed) = entry.Kind switch
        {
            "restock" => (Available + entry.Quantity, Reserved, Confirmed),
            "reserve" => (Available - entry.Quantity, Reserved + entry.Quantity, Confirmed),
            "confirm" => (Available, Reserved - entry.Quantity, Confirmed + entry.Quantity),
            "release" => (Available + entry.Quantity, Reserved - entry.Quantity, Confirmed),
            "return" => (Available + entry.Quantity, Reserved, Confirmed - entry.Quantity),
            _ => (Available, Reserved, Confirmed),
        };
    }

    public Decision Reserve(StockItem item, OrderTrace before, DateTimeOffset now) => before.Deed switch
    {
        Deed.Released or Deed.Refused or Deed.Returned => new(StockOutcome.Released),
        Deed.Reserved or Deed.Confirmed => new(StockOutcome.Ok),
        _ when item.Quantity > Available => new(StockOutcome.OutOfStock),
        _ => Done(Deed.Reserved, "reserve", item.Quantity, item.OrderId, now),
    };

    public Decision Confirm(StockItem item, OrderTrace before, DateTimeOffset now) => before.Deed switch
    {
        Deed.Confirmed or Deed.Returned => new(StockOutcome.Ok),
        Deed.Reserved => Done(Deed.Confirmed, "confirm", before.Quantity, item.OrderId, now),
        _ => new(StockOutcome.Released),
    };

    public Decision Release(StockItem item, OrderTrace before, DateTimeOffset now) => before.Deed switch
    {
        Deed.Released => new(StockOutcome.Ok),
        Deed.Reserved => Done(Deed.Released, "release", before.Quantity, item.OrderId, now),
        Deed.None => new(StockOutcome.Nothing, new OrderTrace(Deed.Refused, 0)),
        _ => new(StockOutcome.Nothing),
    };

    public Decision Return(StockItem item, OrderTrace before, DateTimeOffset now) => before.Deed switch
    {
        Deed.Confirmed => Done(Deed.Returned, "return", before.Quantity, item.OrderId, now),
        Deed.Returned => new(StockOutcome.Ok),
        _ => new(StockOutcome.Nothing),
    };

    public StoredEntry Restock(int quantity, DateTimeOffset now) => new(Position + 1, now, "restock", quantity, null);

    private Decision Done(Deed deed, string kind, long quantity, string orderId, DateTimeOffset now) =>
        new(StockOutcome.Ok, new OrderTrace(deed, quantity), new StoredEntry(Position + 1, now, kind, quantity, orderId));
}

/// <summary>The outcome; the order's trace when it changes, and the ledger's entry when stock moves.</summary>
internal readonly record struct Decision(string Outcome, OrderTrace? Trace = null, StoredEntry? Entry = null);
