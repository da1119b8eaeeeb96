using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Ordering.EventStore;

/// <summary>The read model against the stream that it is folded from.</summary>
internal sealed partial class OrderEventStore
{
    /// <summary>Folds every order from its first event and compares it with its row; each page is one snapshot of both.</summary>
    public async Task<Comparison> VerifyAsync()
    {
        var (rows, differences) = (0L, 0L);
        for (long? after = 0; after is not null;)
        {
            var page = await tables.FoldPageAsync(after.Value);
            rows += page.Count;
            differences += page.Count(IsDifferent);
            after = Last(page);
        }

        return new Comparison(rows, differences);
    }

    /// <summary>Folds every order from its first event beside its row, and puts the fold in the row's place where they differ. Gives what is then true.</summary>
    public async Task<Comparison> RebuildAsync()
    {
        for (long? after = 0; after is not null;)
        {
            var page = await tables.FoldPageAsync(after.Value);
            if (page.Where(IsDifferent).Select(order => order.Row.View.OrderId).ToList() is { Count: > 0 } different) await FoldAgainAsync(different);
            after = Last(page);
        }

        return await VerifyAsync();
    }

    private Task FoldAgainAsync(IReadOnlyList<string> orderIds) => WriteAsync(new Work(turn =>
    {
        foreach (var id in orderIds)
            if (OrderTables.Fold(turn.Stream(id)) is { } folded) turn.Save(turn.Order(id) with { View = folded });
        return null;
    }) { Streams = orderIds });

    private static long? Last(IReadOnlyList<FoldedOrder> page) => page.Count == OrderTables.RowsAtATime ? page[^1].Position : null;

    private static bool IsDifferent(FoldedOrder order) => order.Folded is not null && !Same(order.Folded, order.Row.View);

    private static bool Same(OrderView one, OrderView other) =>
        JsonSerializer.SerializeToUtf8Bytes(one, Defaults.Json).AsSpan().SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(other, Defaults.Json));
}

/// <summary>How many orders were compared, and how many were not what their events say.</summary>
internal sealed record Comparison(long Rows, long Differences);
