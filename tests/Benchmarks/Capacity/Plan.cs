namespace DaprOrders.Capacity;

/// <summary>What the arithmetic assumes; docs/capacity/assumptions.json, to be replaced by what you know better.</summary>
internal sealed record Assumptions(
    IReadOnlyList<int> OrdersAMinute, double AverageToPeak, double Utilisation, double CoresAReplica, int ReplicasAtLeast, IReadOnlyList<SidecarWork> Sidecar,
    double EventEnvelopeBytes, double EventsAPartition, double RowsADatabaseCore, double IndexAndFreeSpace, int ConnectionsAStore, int BrokerReplication, double BrokerDays, double WorkflowDays,
    double AnswerDays, double YearsKept, double EuroACore, double EuroAGigabyte, double EuroACrossRegionGigabyte);

/// <summary>What the sidecars do for one order, how often, and what it was measured to cost with daprd.</summary>
internal sealed record SidecarWork(string What, string Service, double TimesAnOrder, double MicrosEach);

/// <summary>What one rate needs. Pure arithmetic; every step is in docs/capacity.md.</summary>
internal sealed record Need(int OrdersAMinute, IReadOnlyDictionary<string, int> Replicas, double Cores, int Partitions, double DatabaseCores, int Connections, double BrokerGigabytes, double ShortGigabytes, double YearlyGigabytes, double EuroAMonth)
{
    private const double Gigabyte = 1e9;
    private static readonly string[] Services = ["gateway", "ordering", "inventory", "payments", "notifications", "customers", "auditor"];

    public static Need Of(int ordersAMinute, LoadReport report, Assumptions a)
    {
        var perSecond = ordersAMinute / 60.0;
        var cores = Services.ToDictionary(service => service, service => perSecond * CoreSeconds(service, report, a) / a.Utilisation);
        var replicas = cores.ToDictionary(need => need.Key, need => Math.Max(a.ReplicasAtLeast, (int)Math.Ceiling(need.Value / a.CoresAReplica)));
        replicas["auditor"] = 1; // it reads all books; two would read them twice

        var ordersADay = ordersAMinute * 1440.0 * a.AverageToPeak;
        var events = report.Of("ordering.order_events");
        var databaseCores = perSecond * RowsWritten(report) / a.RowsADatabaseCore / a.Utilisation;
        var broker = ordersADay * a.BrokerDays * a.BrokerReplication * (events.Bytes + (events.Rows * a.EventEnvelopeBytes));
        var shortLived = ordersADay * a.IndexAndFreeSpace * ((a.WorkflowDays * WorkflowBytes(report)) + (a.AnswerDays * report.Of("ordering.answers").Bytes));
        var kept = ordersADay * 365 * a.IndexAndFreeSpace * BytesKept(report);
        var allCores = (replicas.Values.Sum() * a.CoresAReplica) + (2 * databaseCores); // the database has a standby of its size
        return new Need(ordersAMinute, replicas, replicas.Values.Sum() * a.CoresAReplica, PartitionsFor(perSecond * events.Rows, a), databaseCores,
            (replicas["ordering"] + (2 * replicas["inventory"]) + replicas["payments"] + replicas["customers"] + replicas["notifications"]) * a.ConnectionsAStore,
            broker / Gigabyte, shortLived / Gigabyte, kept / Gigabyte,
            (allCores * a.EuroACore) + ((broker + (2 * (shortLived + (kept * a.YearsKept)))) / Gigabyte * a.EuroAGigabyte));
    }

    /// <summary>Two regions, each able to carry all: twice the machines and the disks, and what is written once over the wire between them.</summary>
    public double EuroAMonthInTwoRegions(LoadReport report, Assumptions a) =>
        (2 * EuroAMonth) + (OrdersAMinute * 1440.0 * a.AverageToPeak * 30 * BytesWritten(report) / Gigabyte * a.EuroACrossRegionGigabyte);

    public double ReplicatedMegabitsASecond(LoadReport report) => OrdersAMinute / 60.0 * BytesWritten(report) * 8 / 1e6;

    /// <summary>Processor seconds of an order in a service and its sidecar.</summary>
    public static double CoreSeconds(string service, LoadReport report, Assumptions a) =>
        (report.CpuMicros.GetValueOrDefault(service) + a.Sidecar.Where(work => work.Service == service).Sum(work => work.TimesAnOrder * work.MicrosEach)) / 1e6;

    public static double RowsWritten(LoadReport report) => report.Tables.Where(table => !table.Key.StartsWith("provider.", StringComparison.Ordinal)).Sum(table => Math.Max(0, table.Value.Rows));

    public static double BytesKept(LoadReport report) =>
        report.Of("ordering.order_events").Bytes + report.Of("ordering.orders").Bytes + report.Of("documents.state").Bytes + report.Of("statestore.state").Bytes;

    public static double WorkflowBytes(LoadReport report) => report.Tables.Where(table => table.Key.StartsWith("statestore.workflow", StringComparison.Ordinal)).Sum(table => table.Value.Bytes);

    private static double BytesWritten(LoadReport report) => report.Tables.Where(table => !table.Key.StartsWith("provider.", StringComparison.Ordinal)).Sum(table => Math.Max(0, table.Value.Bytes));

    /// <summary>In steps of twelve, which two, three, four and six consumers share evenly.</summary>
    private static int PartitionsFor(double eventsASecond, Assumptions a) => (int)Math.Ceiling(Math.Max(1, eventsASecond / a.EventsAPartition) / 12) * 12;
}
