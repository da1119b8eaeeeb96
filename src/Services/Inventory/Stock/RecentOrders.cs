namespace DaprOrders.Inventory.Stock;

/// <summary>
/// The traces of the orders that came by last, so that a turn reads none. An order whose id is above <see cref="KnownSince"/> and that is not here has
/// never been at this SKU: ids that grow with time, as the shop's do, make that the rule; any other order costs one read. Two generations of a fixed
/// size: when the younger is full, the older goes.
/// </summary>
internal sealed class RecentOrders(string greatestEver, int generation = 4096)
{
    private Dictionary<string, OrderTrace> young = [], old = [];
    private string greatestYoung = "", greatestOld = "";

    /// <summary>No order above it was ever here, but for those that are remembered.</summary>
    public string KnownSince { get; private set; } = greatestEver;

    /// <summary>Null when only the store can tell.</summary>
    public OrderTrace? Find(string orderId) =>
        young.TryGetValue(orderId, out var trace) || old.TryGetValue(orderId, out trace) ? trace
        : string.CompareOrdinal(orderId, KnownSince) > 0 ? default(OrderTrace)
        : null;

    public void Remember(string orderId, OrderTrace trace)
    {
        young[orderId] = trace;
        greatestYoung = Greater(greatestYoung, orderId);
        if (young.Count < generation) return;
        KnownSince = Greater(KnownSince, greatestOld);
        (old, greatestOld) = (young, greatestYoung);
        (young, greatestYoung) = ([], "");
    }

    public static string Greater(string one, string other) => string.CompareOrdinal(one, other) >= 0 ? one : other;
}
