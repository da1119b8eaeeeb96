using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace LocalDapr.Runtime.Telemetry;

/// <summary>
/// What the meters of this app report, as Prometheus reads it. Meters are told apart by their tag app_id, and only those named LocalDapr.…
/// are taken. Thread-safe.
/// </summary>
internal sealed class SidecarMetrics : IDisposable
{
    private const string MeterPrefix = "LocalDapr.";

    /// <summary>Series that are kept; what comes beyond is not counted, so that names of a thousand workflows cannot fill the memory.</summary>
    private const int MostSeries = 5_000;

    // daprd's own for latencies, in milliseconds.
    private static readonly double[] latencies =
    [
        1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 30, 40, 50, 65, 80, 100, 130, 160, 200, 250, 300, 400, 500, 650, 800, 1_000, 2_000, 5_000,
        10_000, 20_000, 50_000, 100_000,
    ];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<(string Name, string Labels), Series> _series = new();

    public SidecarMetrics(string appId)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!instrument.Meter.Name.StartsWith(MeterPrefix, StringComparison.Ordinal)) return;
            if (instrument.Meter.Tags?.Any(tag => tag.Key == "app_id" && tag.Value as string == appId) == true) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>The text exposition format, version 0.0.4.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        foreach (var family in _series.GroupBy(pair => pair.Key.Name).OrderBy(family => family.Key, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {family.Key} {(family.First().Value.IsHistogram ? "histogram" : "counter")}\n");
            foreach (var (key, series) in family.OrderBy(pair => pair.Key.Labels, StringComparer.Ordinal)) series.Write(text, key.Name, key.Labels);
        }

        return text.ToString();
    }

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new StringBuilder();
        foreach (var (name, given) in instrument.Meter.Tags ?? []) Append(labels, name, given);
        foreach (var (name, given) in tags) Append(labels, name, given);
        var key = (instrument.Name, labels.ToString());
        if (!_series.TryGetValue(key, out var series))
        {
            if (_series.Count >= MostSeries) return;
            series = _series.GetOrAdd(key, static (_, bounds) => new Series(bounds), BoundsOf(instrument));
        }

        series.Add(value);
    }

    private static double[]? BoundsOf(Instrument instrument) =>
        instrument is Histogram<double> histogram ? histogram.Advice?.HistogramBucketBoundaries is { } own ? [.. own] : latencies : null;

    private static void Append(StringBuilder labels, string name, object? value)
    {
        if (labels.Length > 0) labels.Append(',');
        var text = $"{value}".Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        labels.Append(name).Append("=\"").Append(text).Append('"');
    }

    /// <param name="bounds">Of its buckets; null for a counter.</param>
    private sealed class Series(double[]? bounds)
    {
        private readonly Lock _gate = new();
        private readonly long[] _buckets = bounds is null ? [] : new long[bounds.Length + 1];
        private double _sum;
        private long _count;

        public bool IsHistogram => bounds is not null;

        public void Add(double value)
        {
            lock (_gate)
            {
                _sum += value;
                _count++;
                if (bounds is null) return;
                var bucket = Array.BinarySearch(bounds, value);
                _buckets[bucket < 0 ? ~bucket : bucket]++;
            }
        }

        public void Write(StringBuilder text, string name, string labels)
        {
            lock (_gate)
            {
                if (bounds is null)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{name}{{{labels}}} {_sum}\n");
                    return;
                }

                var below = 0L;
                for (var i = 0; i < bounds.Length; i++)
                {
                    below += _buckets[i];
                    text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels},le=\"{bounds[i]}\"}} {below}\n");
                }

                text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels},le=\"+Inf\"}} {_count}\n");
                text.Append(CultureInfo.InvariantCulture, $"{name}_sum{{{labels}}} {_sum}\n{name}_count{{{labels}}} {_count}\n");
            }
        }
    }
}
