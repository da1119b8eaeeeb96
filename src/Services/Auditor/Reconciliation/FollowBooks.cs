using System.Collections.Concurrent;
using DaprOrders.Contracts;

namespace DaprOrders.Auditor.Reconciliation;

/// <summary>
/// One pass over the books: what is new since the last one, nothing else.
/// <list type="number">
/// <item>the orders that changed: whatever one that has ended caused is there in what is read after it;</item>
/// <item>the provider's new operations, the shelves of the orders that ended and a share of all others, the payments of the orders that ended;</item>
/// <item>the orders that changed meanwhile: what the other books know is then known here, or was never accepted;</item>
/// <item>the judgement.</item>
/// </list>
/// </summary>
internal sealed class FollowBooks(Sources sources, TimeProvider time)
{
    private const int ShelvesAPass = 50, ShelvesAPage = 1000, ShelvesAtATime = 8;

    /// <summary>False of books of another event store, or of one that was put back to before them: nothing in them can be followed.</summary>
    public async Task<bool> KnowsAsync(RunningBooks books, CancellationToken cancellation) =>
        books.Settled.Newest is not { } newest || await sources.OrderAsync(newest.OrderId, newest.Position, cancellation) is not null;

    /// <summary>Whole: all shelves, not only a share. Heard: orders that the bus told of.</summary>
    public async Task PassAsync(RunningBooks books, bool whole, ConcurrentQueue<string> heard, CancellationToken cancellation)
    {
        books.BeginPass(time.GetUtcNow());
        await OrdersAsync(books, isTooNew: false, cancellation);
        for (var left = heard.Count; left > 0 && heard.TryDequeue(out var orderId); left--) books.Heard(orderId);
        await OperationsAsync(books, cancellation);
        await ShelvesAsync(books, whole, cancellation);
        await OrdersAsync(books, isTooNew: true, cancellation);
        await ReopenedAsync(books, cancellation);
        await PaymentsAsync(books, cancellation);
        books.EndPass();
    }

    /// <summary>Ends when the event store has no more now.</summary>
    private async Task OrdersAsync(RunningBooks books, bool isTooNew, CancellationToken cancellation)
    {
        OrderChanges page;
        do
        {
            page = await sources.OrdersAsync(books.OrdersAfter, cancellation);
            foreach (var order in page.Items) books.Add(order, isTooNew);
            books.OrdersAfter = page.Next;
        }
        while (page.IsMore);
    }

    private async Task OperationsAsync(RunningBooks books, CancellationToken cancellation)
    {
        ProviderLedger page;
        do
        {
            page = await sources.OperationsAsync(books.OperationsAfter, cancellation);
            foreach (var operation in page.Operations) books.Add(operation);
        }
        while (page.Next is not null);
    }

    private async Task ShelvesAsync(RunningBooks books, bool whole, CancellationToken cancellation)
    {
        var skus = books.Ended.SelectMany(facts => facts.Order!.Items.Select(item => item.Sku)).ToHashSet();
        do
        {
            var page = await sources.LevelsAsync(books.SkusAfter, whole ? ShelvesAPage : ShelvesAPass, cancellation);
            skus.UnionWith(page.Items.Where(level => level.Position != books.PositionOf(level.Sku)).Select(level => level.Sku));
            books.SkusAfter = page.Next ?? "";
        }
        while (whole && books.SkusAfter.Length > 0);

        var (read, begun) = (new Lock(), skus.Select(sku => (Sku: sku, Position: books.PositionOf(sku))).ToList());
        await Parallel.ForEachAsync(begun, new ParallelOptions { MaxDegreeOfParallelism = ShelvesAtATime, CancellationToken = cancellation }, async (shelf, ct) =>
        {
            for (long? after = shelf.Position; after is not null;)
            {
                var page = await sources.LedgerAsync(shelf.Sku, after.Value, ct);
                lock (read) books.Add(shelf.Sku, page);
                after = page.Next;
            }
        });
    }

    private async Task ReopenedAsync(RunningBooks books, CancellationToken cancellation)
    {
        foreach (var (orderId, before) in books.Reopened)
            books.Restore(orderId, await sources.OrderAsync(orderId, before.Position, cancellation), await sources.OperationsOfAsync(orderId, cancellation));
    }

    private async Task PaymentsAsync(RunningBooks books, CancellationToken cancellation)
    {
        var ended = books.Ended.ToDictionary(facts => facts.Order!.OrderId);
        foreach (var payment in await sources.PaymentsAsync(ended.Keys, cancellation)) ended[payment.OrderId].Payment = payment;
    }
}
