using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace DaprOrders.ServiceDefaults.Metrics;

/// <summary>Everything that the meters of these names measure, from its start on, as Prometheus text. Safe for concurrent use.</summary>
internal sealed class MetricCollection : IDisposable
{
    private readonly MeterListener listener = new();
    private readonly ConcurrentDictionary<Instrument, InstrumentSeries> all = new();
    private readonly Lock oneReader = new();

    /// <param name="meters">Names of meters; one that ends with * stands for all that begin so.</param>
    public MetricCollection(IReadOnlyList<string> meters)
    {
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (meters.Any(name => Matches(name, instrument.Meter.Name))) self.EnableMeasurementEvents(instrument, all.GetOrAdd(instrument, i => new InstrumentSeries(i)));
        };
        listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => ((InstrumentSeries)state!).Take(value, tags));
        listener.SetMeasurementEventCallback<float>(static (_, value, tags, state) => ((InstrumentSeries)state!).Take(value, tags));
        listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, state) => ((InstrumentSeries)state!).Take((double)value, tags));
        listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => ((InstrumentSeries)state!).Take(value, tags));
        listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => ((InstrumentSeries)state!).Take(value, tags));
        listener.SetMeasurementEventCallback<short>(static (_, value, tags, state) => ((InstrumentSeries)state!).Take(value, tags));
        listener.SetMeasurementEventCallback<byte>(static (_, value, tags, state) => ((InstrumentSeries)state!).Take(value, tags));
        listener.Start();
    }

    /// <summary>Text format 0.0.4. An observable instrument that throws leaves its last value, the others are read.</summary>
    public string Read()
    {
        lock (oneReader)
        {
            try
            {
                listener.RecordObservableInstruments();
            }
            catch (AggregateException)
            {
                // Read all the same: a broken gauge must not hide what is wrong elsewhere.
            }
        }

        var text = new StringBuilder();
        // Two meters may have an instrument of the same name: a name is described once, and its series stand together.
        foreach (var named in all.Values.GroupBy(series => series.Name).OrderBy(group => group.Key, StringComparer.Ordinal)) Write(text, [.. named]);
        return text.ToString();
    }

    public void Dispose() => listener.Dispose();

    private static bool Matches(string name, string meter) =>
        name.EndsWith('*') ? meter.StartsWith(name[..^1], StringComparison.Ordinal) : meter == name;

    private static void Write(StringBuilder text, IReadOnlyList<InstrumentSeries> group)
    {
        var (name, kind, seen) = (group[0].Name, group[0].Kind, new HashSet<string>(StringComparer.Ordinal));
        text.Append("# HELP ").Append(name).Append(' ').Append(group[0].Help.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n');
        text.Append("# TYPE ").Append(name).Append(' ').Append(kind switch { SeriesKind.Counter => "counter", SeriesKind.Histogram => "histogram", _ => "gauge" }).Append('\n');
        foreach (var instrument in group.Where(series => series.Kind == kind))
        foreach (var (labels, series) in instrument.All.OrderBy(pair => pair.Key, StringComparer.Ordinal).Where(pair => seen.Add(pair.Key)))
        {
            var (sum, counts) = series.Read();
            if (kind == SeriesKind.Histogram) WriteHistogram(text, name, labels, instrument.Bounds!, sum, counts);
            else Line(text, name, labels, sum);
        }
    }

    private static void WriteHistogram(StringBuilder text, string name, string labels, double[] bounds, double sum, long[] counts)
    {
        var (total, lead) = (0L, labels.Length > 0 ? labels + "," : "");
        for (var i = 0; i < counts.Length; i++)
        {
            total += counts[i];
            Line(text, name + "_bucket", $"{lead}le=\"{(i < bounds.Length ? Number(bounds[i]) : "+Inf")}\"", total);
        }

        Line(text, name + "_sum", labels, sum);
        Line(text, name + "_count", labels, total);
    }

    private static void Line(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0) text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);
}
