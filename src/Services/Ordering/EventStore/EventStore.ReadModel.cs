using System.Text.Json;
using DaprOrders.Contracts;
using DaprOrders.Ordering.Orders;
using DaprOrders.ServiceDefaults;
using Microsoft.Data.Sqlite;

namespace DaprOrders.Ordering.EventStore;

/// <summary>The read model against the stream that it is folded from.</summary>
internal sealed partial class OrderEventStore
{
    private const int RowsAtATime = 200;

    /// <summary>Folds every order from its first event and compares it with its row; each page is one snapshot of both.</summary>
    public Comparison Verify()
    {
        var (rows, differences) = (0L, 0L);
        for (long? after = 0; after is not null;)
        {
            var page = file.Read(db =>
            {
                db.Run("BEGIN");
                try
                {
                    return ComparePage(db, after.Value);
                }
                finally
                {
                    db.Run("COMMIT");
                }
            });
            rows += page.Rows;
            differences += page.Different.Count;
            after = page.Last;
        }

        return new Comparison(rows, differences);
    }

    /// <summary>Folds every order from its first event beside its row, and puts the fold in the row's place where they differ. Gives what is then true.</summary>
    public async Task<Comparison> RebuildAsync()
    {
        for (long? after = 0; after is not null;)
        {
            var from = after.Value;
            after = await file.WriteAsync(db =>
            {
                var page = ComparePage(db, from);
                foreach (var (state, view) in page.Different) Save(db, state with { View = view });
                return page.Last;
            });
        }

        return Verify();
    }

    private static RowPage ComparePage(SqliteConnection db, long after)
    {
        var rows = db.Query("SELECT position, state FROM orders WHERE position > ? ORDER BY position LIMIT ?", row => (Position: row.GetInt64(0), State: State(row, 1)), after, RowsAtATime);
        var different = new List<(OrderState, OrderView)>();
        foreach (var (_, state) in rows)
        {
            var folded = db.Query("SELECT data FROM order_events WHERE order_id = ? ORDER BY version", row => (byte[])row.GetValue(0), state.View.OrderId)
                .Aggregate((OrderView?)null, (view, data) => OrderFold.Fold(view, JsonSerializer.Deserialize<OrderEvent>(data, Defaults.Json)!));
            if (folded is not null && !Same(folded, state.View)) different.Add((state, folded));
        }

        return new RowPage(rows.Count, different, rows.Count == RowsAtATime ? rows[^1].Position : null);
    }

    private static bool Same(OrderView one, OrderView other) =>
        JsonSerializer.SerializeToUtf8Bytes(one, Defaults.Json).AsSpan().SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(other, Defaults.Json));

    private sealed record RowPage(int Rows, IReadOnlyList<(OrderState State, OrderView View)> Different, long? Last);
}

/// <summary>How many orders were compared, and how many were not what their events say.</summary>
internal sealed record Comparison(long Rows, long Differences);
