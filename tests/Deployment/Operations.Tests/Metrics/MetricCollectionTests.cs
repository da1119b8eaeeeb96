using System.Diagnostics.Metrics;
using DaprOrders.ServiceDefaults.Metrics;
using Xunit;

namespace DaprOrders.Operations.Tests.Metrics;

/// <summary>What /metrics shows: OpenTelemetry's instruments under the names that Prometheus' own translation gives them.</summary>
public sealed class MetricCollectionTests : IDisposable
{
    private readonly Meter meter = new($"DaprOrders.Test.{Guid.NewGuid():N}");
    private readonly MetricCollection metrics;

    public MetricCollectionTests() => metrics = new MetricCollection([meter.Name]);

    public void Dispose()
    {
        metrics.Dispose();
        meter.Dispose();
    }

    [Fact]
    public void A_counter_adds_up_by_tags()
    {
        var counter = meter.CreateCounter<long>("shop.orders.ended", "{order}", "Ended.");
        counter.Add(2, new KeyValuePair<string, object?>("status", "confirmed"));
        counter.Add(3, new KeyValuePair<string, object?>("status", "confirmed"));
        counter.Add(1, new("status", "rejected"), new KeyValuePair<string, object?>("order.kind", 7));

        Assert.Equal("""
            # HELP shop_orders_ended_total Ended.
            # TYPE shop_orders_ended_total counter
            shop_orders_ended_total{status="confirmed"} 5
            shop_orders_ended_total{status="rejected",order_kind="7"} 1

            """, metrics.Read());
    }

    [Fact]
    public void A_histogram_counts_each_value_in_its_bucket_and_all_above()
    {
        var histogram = meter.CreateHistogram("shop.duration", "s", "Time.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        foreach (var value in (double[])[0.05, 0.1, 0.5, 2]) histogram.Record(value, new KeyValuePair<string, object?>("route", "/orders"));

        Assert.Equal("""
            # HELP shop_duration_seconds Time.
            # TYPE shop_duration_seconds histogram
            shop_duration_seconds_bucket{route="/orders",le="0.1"} 2
            shop_duration_seconds_bucket{route="/orders",le="1"} 3
            shop_duration_seconds_bucket{route="/orders",le="+Inf"} 4
            shop_duration_seconds_sum{route="/orders"} 2.65
            shop_duration_seconds_count{route="/orders"} 4

            """, metrics.Read());
    }

    [Fact]
    public void Gauges_show_what_is_now()
    {
        var open = 5;
        meter.CreateObservableGauge("shop.open", () => open);
        meter.CreateUpDownCounter<int>("shop.active").Add(3);
        Assert.Contains("shop_open 5\n", metrics.Read(), StringComparison.Ordinal);

        open = 4;

        var text = metrics.Read();
        Assert.Contains("shop_open 4\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE shop_active gauge\nshop_active 3\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Quotes_and_line_ends_in_a_tag_cannot_forge_another_line()
    {
        meter.CreateCounter<int>("shop.calls").Add(1, new KeyValuePair<string, object?>("path", "a\"} 1\nforged 2\\"));

        Assert.Contains("""shop_calls_total{path="a\"} 1\nforged 2\\"} 1""", metrics.Read(), StringComparison.Ordinal);
    }

    [Fact]
    public void Tags_longer_than_the_room_on_the_stack_are_kept_whole()
    {
        var path = new string('x', 5000);
        var counter = meter.CreateCounter<int>("shop.calls");
        counter.Add(1, new("http.route", path), new KeyValuePair<string, object?>("code", 200));
        counter.Add(1, new("http.route", path), new KeyValuePair<string, object?>("code", 200));

        Assert.Contains($"shop_calls_total{{http_route=\"{path}\",code=\"200\"}} 2\n", metrics.Read(), StringComparison.Ordinal);
    }

    [Fact]
    public void Tags_without_end_fill_no_memory()
    {
        var counter = meter.CreateCounter<int>("shop.calls");
        for (var i = 0; i < InstrumentSeries.SeriesLimit + 50; i++) counter.Add(1, new KeyValuePair<string, object?>("path", i));

        var lines = metrics.Read().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#').ToList();
        Assert.Equal(InstrumentSeries.SeriesLimit + 1, lines.Count);
        Assert.Contains("shop_calls_total{otel_metric_overflow=\"true\"} 50", lines);
    }

    [Fact]
    public void Only_the_meters_that_were_asked_for_are_there()
    {
        using var other = new Meter("Somebody.Else");
        other.CreateCounter<int>("foreign").Add(1);

        Assert.DoesNotContain("foreign", metrics.Read(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http.server.request.duration", "s", false, false, "http_server_request_duration_seconds")]
    [InlineData("http.server.active_requests", "{request}", false, true, "http_server_active_requests")]
    [InlineData("dotnet.process.cpu.time", "s", true, false, "dotnet_process_cpu_time_seconds_total")]
    [InlineData("dotnet.gc.heap.total_allocated", "By", true, false, "dotnet_gc_heap_total_allocated_bytes_total")]
    [InlineData("shop.usage", "1", false, true, "shop_usage_ratio")]
    [InlineData("shop.wait_seconds", "s", false, true, "shop_wait_seconds")]
    [InlineData("4xx..answers", null, true, false, "_4xx_answers_total")]
    public void Names_are_those_of_the_compatibility_specification(string name, string? unit, bool isCounter, bool isGauge, string expected)
    {
        Assert.Equal(expected, PrometheusNames.Metric(name, unit, isCounter, isGauge));
    }
}
