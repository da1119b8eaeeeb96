namespace DaprOrders.Contracts;

/// <summary>The actor type "Stock", one actor a SKU (actor id = SKU), hosted by Inventory. Methods take and give these records as JSON.</summary>
public static class StockActor
{
    public const string Type = "Stock";
    public const string Reserve = "Reserve";     // StockBatch -> StockResults
    public const string Confirm = "Confirm";     // StockBatch -> StockResults; the reservation becomes a sale
    public const string Release = "Release";     // StockBatch -> StockResults; undoes a reservation; one never made is noted, so that a late Reserve is refused
    public const string Return = "Return";       // StockBatch -> StockResults; a confirmed sale comes back (refund)
    public const string Restock = "Restock";     // RestockStock -> RestockResult
    public const string Level = "Level";         // no input -> StockLevel
    public const string Ledger = "Ledger";       // LedgerQuery -> LedgerPage
}

/// <summary>Many orders' wishes for one SKU, served in one turn and one state transaction. Each is idempotent by (order id, method).</summary>
public sealed record StockBatch(IReadOnlyList<StockItem> Items);

public sealed record StockItem(string OrderId, int Quantity);

/// <summary>
/// One outcome per item, in order: "ok"; "out-of-stock"; "released" (a Reserve that came after its Release); "nothing" (a Release or Return of what
/// was never reserved or sold here).
/// </summary>
public sealed record StockResults(IReadOnlyList<string> Outcomes);

public static class StockOutcome
{
    public const string Ok = "ok";
    public const string OutOfStock = "out-of-stock";
    public const string Released = "released";
    public const string Nothing = "nothing";
}

/// <summary>
/// Idempotent by Key (the caller's Idempotency-Key with its scope) for a day; BodyHash and Product, as it is at the time, are kept with it, so that the
/// same key gets the same answer.
/// </summary>
public sealed record RestockStock(int Quantity, string Key, string BodyHash, ProductPrice Product);

/// <summary>What the key's first restock was: Available after it. BodyHash is empty and Product null for one older than these.</summary>
public sealed record Restocked(long Available, string BodyHash, ProductPrice? Product);

public sealed record RestockResult(Restocked Done, bool IsReplay);

/// <summary>Position is that of the ledger's last entry: it moves whenever stock does.</summary>
public sealed record StockLevel(string Sku, long Available, long Reserved, long Confirmed, long Position = 0);

public sealed record LedgerQuery(long After, int Limit);

/// <summary>Kind: reserve, confirm, release, restock, return. Position counts from 1 in one SKU's ledger.</summary>
public sealed record LedgerEntry(long Position, DateTimeOffset At, string Kind, long Quantity, string? OrderId);

/// <summary>Level is the SKU's in the same turn, on the last page: what all entries up to its position must add up to.</summary>
public sealed record LedgerPage(IReadOnlyList<LedgerEntry> Items, long? Next, StockLevel? Level = null);

/// <summary>
/// Inventory, for the Auditor: <c>GET /internal/stock?after=&amp;limit=</c> pages the levels of all SKUs by name (Next = last SKU of the page, absent on the last one);
/// <c>GET /internal/stock/{sku}/ledger?after=&amp;limit=</c> (at most 2,000 at a time) answers a <see cref="LedgerPage"/>.
/// </summary>
public sealed record StockPage(IReadOnlyList<StockLevel> Items, string? Next);
