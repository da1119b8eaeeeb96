namespace DaprOrders.Inventory.Stock;

/// <summary>What an order has done at a SKU so far.</summary>
internal enum Deed
{
    None,
    Reserved,
    Confirmed,

    /// <summary>The reservation was undone.</summary>
    Released,

    /// <summary>A release came without a reservation: one that comes later is refused.</summary>
    Refused,

    /// <summary>What was sold came back.</summary>
    Returned,
}

/// <summary>An order's last deed and how many pieces it is about; stored as a letter and a number.</summary>
internal readonly record struct OrderTrace(Deed Deed, long Quantity)
{
    private const string Letters = "-rcxnb";

    public static OrderTrace Parse(string text) => new((Deed)Letters.IndexOf(text[0]), long.Parse(text.AsSpan(1)));

    public override string ToString() => $"{Letters[(int)Deed]}{Quantity}";
}
