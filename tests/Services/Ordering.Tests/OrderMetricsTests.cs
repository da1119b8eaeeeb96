using System.Diagnostics.Metrics;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;
using DaprOrders.Ordering.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace DaprOrders.Ordering.Tests;

/// <summary>What alerts and dashboards go by.</summary>
public sealed class OrderMetricsTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("ordering-metrics-").FullName;
    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterListener listener = new();
    private readonly Dictionary<string, double> measured = [];
    private readonly SetTime time = new(Some.Now);
    private OrderEventStore store = null!;
    private OrderMetrics metrics = null!;

    public ValueTask InitializeAsync()
    {
        var factory = services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Scope == factory) self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.Start();
        store = Some.Store(folder);
        metrics = new OrderMetrics(factory, store, time);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        listener.Dispose();
        metrics.Dispose();
        await services.DisposeAsync();
        await store.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task An_order_is_counted_once_however_often_its_key_is_sent()
    {
        await store.PlaceAsync("o1", "key");
        await store.PlaceAsync("o2", "key");

        Assert.Equal(1, measured["daprorders.orders.accepted"]);
    }

    [Fact]
    public async Task An_order_that_ends_is_counted_by_status_and_reason_with_the_time_it_took()
    {
        await store.PlaceAsync("o1", "key", needsApproval: true);

        await store.AppendAsync("o1", _ => [new Happening(OrderEventNames.Rejected, "out-of-stock")], Some.Now.AddSeconds(2));
        await store.AppendAsync("o1", _ => [new Happening(OrderEventNames.Rejected, "out-of-stock")], Some.Now.AddSeconds(3));

        Assert.Equal(1, measured["daprorders.orders.ended status=rejected reason=out-of-stock"]);
        Assert.Equal(2, measured["daprorders.orders.duration status=rejected approval=True"]);
    }

    [Fact]
    public async Task A_refund_is_an_end_of_its_own_without_a_time_and_without_its_free_text()
    {
        await store.PlaceAsync("o1", "key");
        await store.AppendAsync("o1", _ => [new Happening(OrderEventNames.Confirmed)], Some.Now.AddSeconds(1));
        await store.DecideAsync("o1", null, order => (order with { RefundReason = "Mrs Smith changed her mind" }, SagaCommand.Refund), Some.Now.AddDays(9));

        await store.AppendAsync("o1", _ => [new Happening(OrderEventNames.Parked), new Happening(OrderEventNames.Refunded, "Mrs Smith changed her mind")], Some.Now.AddDays(9));

        Assert.Equal(1, measured["daprorders.orders.ended status=refunded reason="]);
        Assert.Equal(1, measured["daprorders.orders.duration status=confirmed approval=False"]);
        Assert.DoesNotContain(measured.Keys, key => key.Contains("duration status=refunded", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_waits_is_read_from_the_store_also_after_a_restart()
    {
        await store.PlaceAsync("o1", "one");
        await store.PlaceAsync("o2", "two");
        await store.AppendAsync("o2", _ => [new Happening(OrderEventNames.Parked)], Some.Now);
        await store.SetPublishedAsync([new Mark(0, 0, 1)]);
        time.Now = Some.Now.AddMinutes(5);

        listener.RecordObservableInstruments();

        Assert.Equal(1, measured["daprorders.orders.open status=accepted"]);
        Assert.Equal(1, measured["daprorders.orders.open status=parked"]);
        Assert.Equal(0, measured["daprorders.orders.open status=awaiting-approval"]);
        Assert.Equal(300, measured["daprorders.orders.oldest_open_age status=accepted"]);
        Assert.Equal(0, measured["daprorders.orders.oldest_open_age status=awaiting-approval"]);
        Assert.Equal(2, measured["daprorders.outbox.backlog"]);
        Assert.Equal(300, measured["daprorders.outbox.oldest_age"]);
    }

    [Fact]
    public void An_empty_store_shows_zeros_and_no_gaps()
    {
        listener.RecordObservableInstruments();

        Assert.All(measured.Values, value => Assert.Equal(0, value));
        Assert.Equal(8, measured.Count); // three statuses twice, and the outbox twice
    }

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var name = instrument.Name;
        foreach (var (key, tag) in tags) name += $" {key}={tag}";
        lock (measured) measured[name] = instrument.IsObservable ? value : measured.GetValueOrDefault(name) + value;
    }

    private sealed class SetTime(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
