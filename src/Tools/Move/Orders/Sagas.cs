using DaprOrders.Move.Copying;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;
using Npgsql;

namespace DaprOrders.Move.Orders;

/// <summary>
/// The sagas under way stay behind with LocalDapr's engine, whose histories no other reads. Each order that is on its way is given a command to start its saga
/// again, in the event store that it has moved to; its steps find in the order's stream what was done (docs/adr/0015).
/// </summary>
internal sealed class Sagas(NpgsqlDataSource orders, string run)
{
    public const string Part = "sagas";

    private static readonly string Unfinished = $"""
        INSERT INTO commands(bucket, order_id, act)
        SELECT bucket, order_id, '{SagaCommand.Resume}' FROM orders
        WHERE status = ANY($1) OR order_id IN (SELECT order_id FROM refunds) ORDER BY position
        """;

    /// <summary>How many; null when this run had given the commands before.</summary>
    public async Task<int?> ResumeAsync(CancellationToken cancellation)
    {
        await using var connection = await orders.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await connection.RunAsync("INSERT INTO daprorders_moved(part, run, digest) VALUES($1, $2, '') ON CONFLICT DO NOTHING", cancellation, Part, run) == 0) return null;
        var resumed = await connection.RunAsync(Unfinished, cancellation, (object)OrderStatus.Open.ToArray());
        await transaction.CommitAsync(cancellation);
        return resumed;
    }
}
