namespace DaprOrders.Capacity;

/// <summary>What the arithmetic assumes; docs/capacity/assumptions.json, to be replaced by what you know better.</summary>
internal sealed record Assumptions(
    IReadOnlyList<int> OrdersAMinute, double AverageToPeak, double Utilisation, double CoresAReplica, int ReplicasAtLeast, IReadOnlyList<SidecarWork> Sidecar,
    IReadOnlyList<StateRows> StateRows, double MicrosAStateRow, double LogBytesAStateRow, double FreeSpace,
    double EventEnvelopeBytes, double EventsAPartition, int ConnectionsAStore, int ConnectionsAnEventStore, int BrokerReplication, double BrokerDays, double WorkflowDays,
    double AnswerDays, double YearsKept, double EuroACore, double EuroAGigabyte, double EuroACrossRegionGigabyte);

/// <summary>What the sidecars do for one order, how often, and what it was measured to cost with daprd.</summary>
internal sealed record SidecarWork(string What, string Service, double TimesAnOrder, double MicrosEach);

/// <summary>Rows that daprd writes into PostgreSQL for one order.</summary>
internal sealed record StateRows(string What, double AnOrder);

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
        var databaseCores = perSecond * DatabaseMicros(report, a) / 1e6 / a.Utilisation;
        var broker = ordersADay * a.BrokerDays * a.BrokerReplication * (events.Bytes + (events.Rows * a.EventEnvelopeBytes));
        var shortLived = ordersADay * DiskFactor(report, a) * ((a.WorkflowDays * WorkflowBytes(report)) + (a.AnswerDays * report.Of("ordering.answers").Bytes));
        var kept = ordersADay * 365 * DiskFactor(report, a) * BytesKept(report);
        var allCores = (replicas.Values.Sum() * a.CoresAReplica) + (2 * databaseCores); // the database has a standby of its size
        return new Need(ordersAMinute, replicas, replicas.Values.Sum() * a.CoresAReplica, PartitionsFor(perSecond * events.Rows, a), databaseCores,
            ((replicas["ordering"] + (2 * replicas["inventory"]) + replicas["payments"] + replicas["customers"] + replicas["notifications"]) * a.ConnectionsAStore) + (replicas["ordering"] * a.ConnectionsAnEventStore),
            broker / Gigabyte, shortLived / Gigabyte, kept / Gigabyte,
            (allCores * a.EuroACore) + ((broker + (2 * (shortLived + (kept * a.YearsKept)))) / Gigabyte * a.EuroAGigabyte));
    }

    /// <summary>Two regions, each able to carry all: twice the machines and the disks, and what is written once over the wire between them.</summary>
    public double EuroAMonthInTwoRegions(LoadReport report, Assumptions a) =>
        (2 * EuroAMonth) + (OrdersAMinute * 1440.0 * a.AverageToPeak * 30 * LogBytes(report, a) / Gigabyte * a.EuroACrossRegionGigabyte);

    public double ReplicatedMegabitsASecond(LoadReport report, Assumptions a) => OrdersAMinute / 60.0 * LogBytes(report, a) * 8 / 1e6;

    /// <summary>Processor seconds of an order in a service and its sidecar.</summary>
    public static double CoreSeconds(string service, LoadReport report, Assumptions a) =>
        (report.CpuMicros.GetValueOrDefault(service) + a.Sidecar.Where(work => work.Service == service).Sum(work => work.TimesAnOrder * work.MicrosEach)) / 1e6;

    /// <summary>Rows inserted, changed and deleted in PostgreSQL: Ordering's as measured, and those of daprd.</summary>
    public static double RowsWritten(LoadReport report, Assumptions a) => report.Postgres!.RowsWritten + StateRowsOf(a);

    /// <summary>Processor of PostgreSQL for one order, in microseconds.</summary>
    public static double DatabaseMicros(LoadReport report, Assumptions a) => report.CpuMicros["postgres"] + (StateRowsOf(a) * a.MicrosAStateRow);

    /// <summary>Bytes of PostgreSQL's log for one order: what a copy in another region is sent.</summary>
    public static double LogBytes(LoadReport report, Assumptions a) => report.Postgres!.LogBytes + (StateRowsOf(a) * a.LogBytesAStateRow);

    /// <summary>Bytes on disk of a byte in a row: indexes and page headers as measured in Ordering's tables, and free space.</summary>
    public static double DiskFactor(LoadReport report, Assumptions a) =>
        report.Postgres!.DiskBytes / report.Tables.Where(table => table.Key.StartsWith("ordering.", StringComparison.Ordinal)).Sum(table => table.Value.Bytes) * a.FreeSpace;

    public static double BytesKept(LoadReport report) =>
        report.Of("ordering.order_events").Bytes + report.Of("ordering.orders").Bytes + report.Of("shop.documents").Bytes + report.Of("shop.state").Bytes;

    public static double WorkflowBytes(LoadReport report) => report.Of("shop.workflow_instance").Bytes + report.Of("shop.workflow_record").Bytes;

    private static double StateRowsOf(Assumptions a) => a.StateRows.Sum(rows => rows.AnOrder);

    /// <summary>In steps of twelve, which two, three, four and six consumers share evenly.</summary>
    private static int PartitionsFor(double eventsASecond, Assumptions a) => (int)Math.Ceiling(Math.Max(1, eventsASecond / a.EventsAPartition) / 12) * 12;
}
