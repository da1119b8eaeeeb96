using System.Collections.Concurrent;
using DaprOrders.Contracts;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.EventStore.Postgres;
using DaprOrders.Ordering.Orders;
using DaprOrders.Services.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace DaprOrders.Ordering.Tests.Postgres;

/// <summary>Three processes of Ordering on one PostgreSQL, one of which is killed while orders flow; the sagas' steps are taken by whoever, as engines do.</summary>
public sealed class ReplicaTests(PostgresServer server) : IAsyncLifetime
{
    private const int Orders = 300;
    private static readonly string[] Steps = [OrderEventNames.StockReserved, OrderEventNames.PaymentAuthorised, OrderEventNames.PaymentCaptured, OrderEventNames.StockConfirmed];
    private readonly ConcurrentQueue<Task> sagas = new();
    private readonly List<OrderingProcess> processes = [];
    private readonly string folder = Directory.CreateTempSubdirectory("ordering-replicas-").FullName;
    private string database = "";
    private OrderEventStore store = null!;
    private SagaSidecar sidecar = null!;

    public async ValueTask InitializeAsync()
    {
        database = await server.NewDatabaseAsync();
        store = new OrderEventStore(new PostgresTables(database, "sagas", NullLogger<PostgresTables>.Instance), new OrderWatch());
        sidecar = await SagaSidecar.StartAsync(id => sagas.Enqueue(RunSagaAsync(id)));
        var environment = new Dictionary<string, string?>(sidecar.Environment)
        {
            ["ORDERING_STORE"] = "postgres", ["ORDERING_POSTGRES"] = database, ["DAPRORDERS_LEASE_SECONDS"] = "2", ["DAPRORDERS_DATA"] = folder,
        };
        processes.AddRange(await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => OrderingProcess.StartAsync(environment))));
        await Until.FoundAsync(async () => await OwnersAsync() == 3 ? "three" : null, "three owners of buckets");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes) await process.DisposeAsync();
        if (sidecar is not null) await sidecar.DisposeAsync();
        if (store is not null) await store.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task When_one_is_killed_every_order_is_there_once_its_saga_is_started_and_its_events_are_published_in_order()
    {
        var placed = new ConcurrentDictionary<string, string>();
        await Parallel.ForEachAsync(Enumerable.Range(0, Orders), new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = TestContext.Current.CancellationToken }, async (i, _) =>
        {
            if (i == Orders / 3) processes[0].Kill();
            for (var at = i; ; at++) // as the Gateway's sidecar does: the same key at another replica
            {
                if (await processes[at % 3].PlaceAsync($"key-{i}") is not { } id) continue;
                placed[$"key-{i}"] = id;
                return;
            }
        });
        await Until.FoundAsync(async () => await CountAsync("SELECT count(*) FROM commands") == 0 ? "none" : null, "the end of the sagas' commands");
        await Task.WhenAll(sagas);
        await Until.FoundAsync(async () => await CountAsync("SELECT count(*) FROM order_events e JOIN relay r USING (bucket) WHERE e.position > r.position") == 0 ? "none" : null, "the end of the outbox");

        Assert.Equal(Orders, placed.Values.Distinct().Count());
        Assert.Equal(placed.Values.Order(), (await store.Read.InOrderOfAcceptanceAsync(0, 10_000)).Select(order => order.State.View.OrderId).Order());
        Assert.Equal(Orders, await CountAsync("SELECT count(*) FROM orders WHERE status = 'confirmed'"));
        Assert.Equal(new Comparison(Orders, 0), await store.VerifyAsync());
        Assert.Equal(placed.Values.Order(), sidecar.Started.Distinct().Order());
        var published = sidecar.Published.Select(id => id.Split(':')).ToLookup(id => id[0], id => int.Parse(id[1], null));
        Assert.Equal(placed.Values.Order(), published.Select(order => order.Key).Order());
        Assert.All(published, order => Assert.Equal([1, 2, 3, 4, 5, 6], order.Distinct())); // whatever came twice came in order at first
        await Until.FoundAsync(async () => await OwnersAsync() == 2 ? "two" : null, "two owners of buckets");
    }

    [Fact]
    public async Task A_price_that_one_is_told_of_is_the_price_of_the_next_order_at_every_one()
    {
        foreach (var process in processes) Assert.NotNull(await process.PlaceAsync($"{process.GetHashCode()}/before"));

        sidecar.Price = 700;
        await processes[1].TellPriceAsync(new ProductPrice("tea", "tea", new Money(700, "EUR")));
        var totals = new List<long>();
        foreach (var process in processes) totals.Add((await store.FindAsync((await process.PlaceAsync($"{process.GetHashCode()}/after"))!))!.View.Total.Amount);

        Assert.Equal([1400, 1400, 1400], totals);
    }

    private Task<long> CountAsync(string sql) => PostgresServer.ExecuteAsync<long>(database, sql);

    private Task<long> OwnersAsync() => CountAsync("SELECT count(DISTINCT owner) FROM relay WHERE until > clock_timestamp()");

    private async Task RunSagaAsync(string orderId)
    {
        await Task.Yield(); // the engine answers first
        foreach (var step in Steps) await store.AppendAsync(orderId, _ => [new Happening(step)], Some.Now);
        await store.AppendAsync(orderId, _ => [new Happening(OrderEventNames.Confirmed)], Some.Now);
    }
}
