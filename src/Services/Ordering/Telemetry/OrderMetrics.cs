using System.Diagnostics.Metrics;
using DaprOrders.Ordering.EventStore;
using DaprOrders.Ordering.Orders;

namespace DaprOrders.Ordering.Telemetry;

/// <summary>
/// What an operator watches of the order flow: counted as orders change, and, when somebody looks, read from the store, so that a restart hides nothing
/// that waits. Alerts and dashboards (docs/observability) go by these names.
/// </summary>
internal sealed class OrderMetrics : IDisposable
{
    public const string MeterName = "DaprOrders.Ordering";
    private static readonly double[] Seconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 86_400];
    private readonly OrderEventStore store;
    private readonly TimeProvider time;
    private readonly Counter<long> accepted;
    private readonly Counter<long> ended;
    private readonly Histogram<double> duration;
    private readonly Lock reading = new();
    private (long At, OpenOrders Open, Outbox Outbox)? last;

    public OrderMetrics(IMeterFactory meters, OrderEventStore store, TimeProvider time)
    {
        (this.store, this.time) = (store, time);
        var meter = meters.Create(MeterName);
        accepted = meter.CreateCounter<long>("daprorders.orders.accepted", "{order}", "Orders that were stored durably and answered with 202.");
        ended = meter.CreateCounter<long>("daprorders.orders.ended", "{order}", "Orders that came to an end, by status and reason.");
        duration = meter.CreateHistogram(
            "daprorders.orders.duration", "s", "From acceptance to the first terminal status.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });
        meter.CreateObservableGauge("daprorders.orders.open", CountOpen, "{order}", "Orders that have not ended, by status.");
        meter.CreateObservableGauge("daprorders.orders.oldest_open_age", OldestAges, "s", "Age of the oldest order that has not ended, by status.");
        meter.CreateObservableGauge("daprorders.outbox.backlog", () => Read().Outbox.Waiting, "{event}", "Events in the store that the bus has not taken yet.");
        meter.CreateObservableGauge("daprorders.outbox.oldest_age", () => Age(Read().Outbox.OldestAt), "s", "Age of the oldest of them.");
        store.Changed += Count;
    }

    public void Dispose() => store.Changed -= Count;

    private void Count(OrderState? before, OrderState after)
    {
        if (before is null) accepted.Add(1);
        if (!after.IsTerminal || before?.View.Status == after.View.Status) return;
        var status = new KeyValuePair<string, object?>("status", after.View.Status);
        ended.Add(1, status, new("reason", after.View.Status == OrderStatus.Refunded ? "" : after.View.Reason ?? "")); // of a refund it is a person's free text
        if (after.View.Status == OrderStatus.Refunded) return; // a second end, perhaps after weeks
        duration.Record((after.View.UpdatedAt - after.View.PlacedAt).TotalSeconds, status, new("approval", after.NeedsApproval)); // who waits for people is no measure of us
    }

    private IEnumerable<Measurement<long>> CountOpen()
    {
        var open = Read().Open;
        return OrderStatus.Open.Select(status => new Measurement<long>(open.Of(status).Count, new KeyValuePair<string, object?>("status", status)));
    }

    private IEnumerable<Measurement<double>> OldestAges()
    {
        var open = Read().Open;
        return OrderStatus.Open.Select(status => new Measurement<double>(Age(open.Of(status).OldestAt), new KeyValuePair<string, object?>("status", status)));
    }

    /// <summary>One reading serves all gauges of a look.</summary>
    private (OpenOrders Open, Outbox Outbox) Read()
    {
        lock (reading)
        {
            if (last is not { } found || time.GetElapsedTime(found.At) > TimeSpan.FromMilliseconds(500)) last = found = (time.GetTimestamp(), store.Read.Open(), store.Read.Outbox());
            return (found.Open, found.Outbox);
        }
    }

    private double Age(DateTimeOffset? since) => since is { } at ? Math.Max(0, (time.GetUtcNow() - at).TotalSeconds) : 0;
}
