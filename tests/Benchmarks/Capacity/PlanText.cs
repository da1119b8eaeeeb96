using System.Globalization;
using System.Text;

namespace DaprOrders.Capacity;

/// <summary>Report and plan as Markdown.</summary>
internal static class PlanText
{
    /// <summary>One machine is shown as measured with the store in a file; the plan stands on the report with the store in PostgreSQL, which many replicas need.</summary>
    public static string Whole(LoadReport inAFile, LoadReport report, Assumptions assumptions)
    {
        var needs = assumptions.OrdersAMinute.Select(rate => Need.Of(rate, report, assumptions)).ToList();
        var text = new StringBuilder(Measured(inAFile)).Append('\n').Append(Measured(report));
        var events = report.Of("ordering.order_events");
        text.Append("\n| in short | an order |\n|---|---|\n")
            .Append(Line($"| processor, all of it | {report.CpuMicros.Values.Sum() / 1000:0.0} ms |\n"))
            .Append(Line($"| rows written in PostgreSQL (inserted, changed, deleted): Ordering's, daprd's | {report.Postgres!.RowsWritten:0.0} + {assumptions.StateRows.Sum(rows => rows.AnOrder):0.0} |\n"))
            .Append(Line($"| processor of PostgreSQL: Ordering's, daprd's | {report.CpuMicros["postgres"] / 1000:0.0} + {(Need.DatabaseMicros(report, assumptions) - report.CpuMicros["postgres"]) / 1000:0.0} ms |\n"))
            .Append(Line($"| log of PostgreSQL | {Need.LogBytes(report, assumptions):N0} bytes |\n"))
            .Append(Line($"| on disk, of a byte in a row | {Need.DiskFactor(report, assumptions):0.00} |\n"))
            .Append(Line($"| bytes kept (events, order, payment, stock) | {Need.BytesKept(report):N0} |\n"))
            .Append(Line($"| messages on the bus | {events.Rows:0.0}, {events.Bytes + (events.Rows * assumptions.EventEnvelopeBytes):N0} bytes with their envelopes |\n"))
            .Append(Line($"| workflow state, until it is purged | {Need.WorkflowBytes(report):N0} bytes |\n"));
        text.Append(Line($"\n### Processor of one order on Kubernetes\nService as measured, plus what its sidecar does with stock daprd.\n\n| service | itself | its sidecar | together |\n|---|---|---|---|\n"));
        foreach (var service in needs[0].Replicas.Keys)
        {
            var (own, whole) = (report.CpuMicros.GetValueOrDefault(service), Need.CoreSeconds(service, report, assumptions) * 1e6);
            text.Append(Line($"| {service} | {own:N0} µs | {whole - own:N0} µs | {whole:N0} µs |\n"));
        }

        var ofOrdering = Need.CoreSeconds("ordering", report, assumptions) * 1000;
        text.Append(Line($"\nOne replica of ordering: {assumptions.CoresAReplica} cores × {assumptions.Utilisation} ÷ {ofOrdering:0.0} ms = {assumptions.CoresAReplica * assumptions.Utilisation * 1000 / ofOrdering:0} orders/s, {assumptions.CoresAReplica * assumptions.Utilisation * 60_000 / ofOrdering:N0} a minute.\n"));
        text.Append("\n### What each rate needs\n").Append(Row("orders a minute", needs, need => $"{need.OrdersAMinute:N0}")).Append("|---|").Append(string.Concat(needs.Select(_ => "---|"))).Append('\n');
        text.Append(Row("orders a second", needs, need => $"{need.OrdersAMinute / 60.0:N0}"));
        foreach (var service in needs[0].Replicas.Keys) text.Append(Row($"replicas of {service}", needs, need => $"{need.Replicas[service]:N0}"));
        text.Append(Row("cores of the services and sidecars", needs, need => $"{need.Cores:N0}"))
            .Append(Row("partitions of topic orders", needs, need => $"{need.Partitions:N0}"))
            .Append(Row("rows written a second", needs, need => $"{need.OrdersAMinute / 60.0 * Need.RowsWritten(report, assumptions):N0}"))
            .Append(Row("database cores (and a standby as large)", needs, need => $"{Math.Ceiling(need.DatabaseCores):N0}"))
            .Append(Row("database connections", needs, need => $"{need.Connections:N0}"))
            .Append(Row("broker disks, all replicas", needs, need => $"{need.BrokerGigabytes:N0} GB"))
            .Append(Row("workflow history and stored answers", needs, need => $"{need.ShortGigabytes:N0} GB"))
            .Append(Row("orders, events, payments, stock: a year", needs, need => $"{need.YearlyGigabytes:N0} GB"))
            .Append(Row("euro a month, one region", needs, need => $"{need.EuroAMonth:N0}"))
            .Append(Row("replicated to a second region, peak", needs, need => $"{need.ReplicatedMegabitsASecond(report, assumptions):N0} Mbit/s"))
            .Append(Row("euro a month, two regions", needs, need => $"{need.EuroAMonthInTwoRegions(report, assumptions):N0}"));
        return text.ToString();
    }

    public static string Measured(LoadReport report)
    {
        var text = new StringBuilder(Line(
            $"### The cost of one order, store in {(report.Postgres is null ? "a file" : "PostgreSQL")}\nMeasured {report.At:yyyy-MM-dd} on {report.Cores} cores, everything and the customers on the same machine: {report.Orders:N0} orders in {report.Seconds:N0} s ({report.OrdersPerSecond:N0}/s).\n\n"));
        text.Append("| process | processor an order | memory at the end |\n|---|---|---|\n");
        foreach (var (name, micros) in report.CpuMicros.OrderByDescending(cpu => cpu.Value)) text.Append(Line($"| {name} | {micros:N0} µs | {Memory(report, name)} |\n"));
        text.Append(Line($"| **all** | **{report.CpuMicros.Values.Sum():N0} µs** | |\n"));
        text.Append("\n| table | rows an order | bytes an order |\n|---|---|---|\n");
        foreach (var (name, cost) in report.Tables.OrderBy(table => table.Key, StringComparer.Ordinal)) text.Append(Line($"| {name} | {cost.Rows:0.00} | {cost.Bytes:N0} |\n"));
        if (report.Postgres is { } postgres)
            text.Append(Line($"\nOrdering's database: {postgres.RowsWritten:0.0} rows inserted, changed or deleted an order in {postgres.Commits:0.00} commits, {postgres.LogBytes:N0} bytes of log, {postgres.DiskBytes:N0} bytes on disk.\n"));
        return text.ToString();
    }

    private static string Memory(LoadReport report, string process) => report.MemoryBytes.TryGetValue(process, out var bytes) ? Line($"{bytes / 1e6:N0} MB") : "";

    private static string Row(string what, IReadOnlyList<Need> needs, Func<Need, FormattableString> value) =>
        $"| {what} | {string.Join(" | ", needs.Select(need => value(need).ToString(CultureInfo.InvariantCulture)))} |\n";

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
