using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace DaprOrders.ServiceDefaults.Metrics;

internal enum SeriesKind
{
    Counter, Gauge, Histogram,
}

/// <summary>
/// The series of one instrument by its tags. Tags are attacker's business sooner or later (a header, a path): beyond a limit what is new is counted in
/// one series with the label otel_metric_overflow. Safe for concurrent use; a measurement with known tags allocates nothing.
/// </summary>
internal sealed class InstrumentSeries
{
    public const int SeriesLimit = 2000;
    private static readonly double[] DefaultBounds = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];
    private readonly ConcurrentDictionary<string, Series> all = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Series>.AlternateLookup<ReadOnlySpan<char>> byText;
    private readonly bool isSet;
    private int count;

    public InstrumentSeries(Instrument instrument)
    {
        byText = all.GetAlternateLookup<ReadOnlySpan<char>>();
        var kind = instrument.GetType() is { IsGenericType: true } type ? type.GetGenericTypeDefinition() : null;
        Kind = kind == typeof(Histogram<>) ? SeriesKind.Histogram : kind == typeof(Counter<>) || kind == typeof(ObservableCounter<>) ? SeriesKind.Counter : SeriesKind.Gauge;
        isSet = instrument.IsObservable || kind == typeof(Gauge<>); // these report what is, the others what was added
        Name = PrometheusNames.Metric(instrument.Name, instrument.Unit, Kind == SeriesKind.Counter, Kind == SeriesKind.Gauge);
        Help = instrument.Description ?? "";
        if (Kind == SeriesKind.Histogram) Bounds = BoundsOf(instrument);
    }

    public string Name { get; }

    public string Help { get; }

    public SeriesKind Kind { get; }

    public double[]? Bounds { get; }

    /// <summary>Labels as they stand between the braces, and their series.</summary>
    public IEnumerable<KeyValuePair<string, Series>> All => all;

    public void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = Of(tags);
        if (Kind == SeriesKind.Histogram) series.Record(value);
        else if (isSet) series.Set(value);
        else series.Add(value);
    }

    private Series Of(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Span<char> room = stackalloc char[512];
        var labels = new LabelText(room);
        labels.Append(tags);
        if (byText.TryGetValue(labels.Text, out var known)) return known;
        var text = Interlocked.Increment(ref count) <= SeriesLimit ? labels.Text.ToString() : "otel_metric_overflow=\"true\"";
        return all.GetOrAdd(text, static (_, bounds) => new Series(bounds), Bounds);
    }

    private static double[] BoundsOf(Instrument instrument) => instrument switch
    {
        Histogram<double> h => h.Advice?.HistogramBucketBoundaries?.ToArray() ?? DefaultBounds,
        Histogram<long> h => h.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound).ToArray() ?? DefaultBounds,
        Histogram<int> h => h.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound).ToArray() ?? DefaultBounds,
        _ => DefaultBounds,
    };
}
