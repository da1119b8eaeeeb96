using DaprOrders.Capacity;
using Microsoft.Data.Sqlite;
using Xunit;

namespace DaprOrders.Operations.Tests.Documents;

/// <summary>The capacity plan is what the program makes of the measured report, and the program's arithmetic is what the page says.</summary>
public sealed class CapacityTests
{
    private const string Begin = "<!-- plan: made by tests/Benchmarks/Capacity; UPDATE_SNAPSHOTS=1 writes it -->\n", End = "<!-- end of plan -->";

    private static readonly LoadReport Report = new(DateTimeOffset.UnixEpoch, 2, 1000, 10, new Dictionary<string, double> { ["ordering"] = 1000, ["localdapr"] = 9000, ["postgres"] = 3000 }, new Dictionary<string, long>(),
        new Dictionary<string, PerOrder>
        {
            ["ordering.order_events"] = new(6, 2000), ["ordering.orders"] = new(1, 900), ["ordering.answers"] = new(1, 100), ["shop.documents"] = new(1, 500), ["shop.state"] = new(0, 600),
            ["shop.workflow_instance"] = new(1, 100), ["shop.workflow_record"] = new(2, 900), ["provider.operations"] = new(50, 9999),
        }, new PostgresCost(RowsWritten: 20, Commits: 2, LogBytes: 8000, DiskBytes: 4500));

    private static readonly Assumptions Assumed = new([6000], AverageToPeak: 0.5, Utilisation: 0.5, CoresAReplica: 2, ReplicasAtLeast: 2, [new("workflow", "ordering", 2, 9500)],
        [new("workflow", 30), new("payments", 10)], MicrosAStateRow: 50, LogBytesAStateRow: 300, FreeSpace: 1.5, EventEnvelopeBytes: 500, EventsAPartition: 100, ConnectionsAStore: 10, ConnectionsAnEventStore: 20, BrokerReplication: 3, BrokerDays: 2, WorkflowDays: 1, AnswerDays: 10,
        YearsKept: 1, EuroACore: 10, EuroAGigabyte: 1, EuroACrossRegionGigabyte: 0.1);

    [Fact]
    public void The_page_shows_what_the_program_makes()
    {
        var page = Repository.PathOf("docs/capacity.md");
        var text = File.ReadAllText(page);
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));

        var plan = PlanText.Whole(
            Json.Read<LoadReport>(Repository.PathOf("docs/capacity/load-report.json")), Json.Read<LoadReport>(Repository.PathOf("docs/capacity/load-report-postgres.json")), Json.Read<Assumptions>(Repository.PathOf("docs/capacity/assumptions.json")));

        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1") File.WriteAllText(page, text[..from] + plan + text[to..]);
        else Assert.Equal(plan, text[from..to]);
    }

    [Fact]
    public void The_connections_assumed_are_those_that_stores_and_components_open()
    {
        var assumed = Json.Read<Assumptions>(Repository.PathOf("docs/capacity/assumptions.json"));

        Assert.Contains($"settings.MaxPoolSize = {assumed.ConnectionsAnEventStore};", File.ReadAllText(Repository.PathOf("src/Services/Ordering/EventStore/Postgres/PostgresSettings.cs")), StringComparison.Ordinal);
        foreach (var store in (string[])["statestore", "documents"])
            Assert.Contains($"- name: maxConns\n      value: \"{assumed.ConnectionsAStore}\"", File.ReadAllText(Repository.PathOf($"components/kafka/{store}.yaml")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_rate_becomes_machines_by_the_arithmetic_of_the_page()
    {
        var need = Need.Of(6000, Report, Assumed); // 100 orders a second

        Assert.Equal(2, need.Replicas["ordering"]);          // 100/s x (1 + 19) ms / 0.5 = 4 cores
        Assert.Equal(2, need.Replicas["gateway"]);           // never fewer
        Assert.Equal(1, need.Replicas["auditor"]);
        Assert.Equal(26, need.Cores);                        // 13 replicas of 2
        Assert.Equal(12, need.Partitions);                   // 600 events/s / 100 = 6, in twelves
        Assert.Equal(100 * (3000 + (40 * 50)) / 1e6 / 0.5, need.DatabaseCores, 6);
        Assert.Equal(((2 + 4 + 2 + 2 + 2) * 10) + (2 * 20), need.Connections);
        Assert.Equal(60, Need.RowsWritten(Report, Assumed));
        Assert.Equal(1.5 * 1.5, Need.DiskFactor(Report, Assumed)); // 4500 on disk for 3000 in rows, and half of that free
        var aDay = 6000 * 1440 * 0.5;
        Assert.Equal(aDay * 2 * 3 * (2000 + (6 * 500)) / 1e9, need.BrokerGigabytes, 6);
        Assert.Equal(aDay * 2.25 * (1000 + (10 * 100)) / 1e9, need.ShortGigabytes, 6);
        Assert.Equal(aDay * 365 * 2.25 * 4000 / 1e9, need.YearlyGigabytes, 6);
        Assert.Equal(((26 + (2 * need.DatabaseCores)) * 10) + need.BrokerGigabytes + (2 * (need.ShortGigabytes + need.YearlyGigabytes)), need.EuroAMonth, 6);
    }

    [Fact]
    public void Two_regions_cost_twice_and_the_wire_between_them()
    {
        var need = Need.Of(6000, Report, Assumed);

        Assert.Equal((2 * need.EuroAMonth) + (6000 * 1440 * 0.5 * 30 * 20_000 / 1e9 * 0.1), need.EuroAMonthInTwoRegions(Report, Assumed), 6);
        Assert.Equal(100 * (8000 + (40 * 300)) * 8 / 1e6, need.ReplicatedMegabitsASecond(Report, Assumed), 6);
    }

    [Fact]
    public void A_report_without_a_table_that_the_plan_counts_is_refused_instead_of_counted_as_nothing()
    {
        var other = Report with { Tables = Report.Tables.Where(table => table.Key != "shop.documents").ToDictionary() };

        Assert.Contains("shop.documents", Assert.Throws<InvalidOperationException>(() => Need.Of(6000, other, Assumed)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ten_times_the_orders_need_more_partitions()
    {
        Assert.Equal(60, Need.Of(60_000, Report, Assumed).Partitions);
    }

    [Fact]
    public void A_report_is_the_difference_of_two_samples_by_order()
    {
        var before = new Sample(DateTimeOffset.UnixEpoch, 2, 100, new Dictionary<string, double> { ["ordering"] = 5 }, new Dictionary<string, long>(), new Dictionary<string, Table> { ["ordering.orders"] = new(100, 1000), ["same.same"] = new(7, 7) }, new PostgresUse(100, 10, 1000, 5000));
        var after = new Sample(DateTimeOffset.UnixEpoch.AddSeconds(10), 2, 300, new Dictionary<string, double> { ["ordering"] = 7, ["late"] = 1 }, new Dictionary<string, long>(), new Dictionary<string, Table> { ["ordering.orders"] = new(300, 5000), ["same.same"] = new(7, 7) }, new PostgresUse(900, 30, 3000, 6000));

        var report = LoadReport.Between(before, after);

        Assert.Equal((200, 10, 20), (report.Orders, report.Seconds, report.OrdersPerSecond));
        Assert.Equal((10_000, 5000), (report.CpuMicros["ordering"], report.CpuMicros["late"]));
        Assert.Equal(new PerOrder(1, 20), Assert.Single(report.Tables).Value);
        Assert.Equal(new PostgresCost(4, 0.1, 10, 5), report.Postgres);
        Assert.Throws<InvalidOperationException>(() => LoadReport.Between(after, after));
    }

    [Fact]
    public async Task A_sample_reads_processes_and_tables_as_they_are()
    {
        var folder = Directory.CreateTempSubdirectory("daprorders-capacity-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "pids"), $"{Environment.ProcessId} whatever\n{Environment.ProcessId} ordering\n");
            using (var db = new SqliteConnection($"Data Source={folder}/ordering.db;Pooling=False"))
            {
                db.Open();
                using var command = db.CreateCommand();
                command.CommandText = "CREATE TABLE orders(id INTEGER, text TEXT); INSERT INTO orders VALUES(1, 'four'), (22, 'vier')";
                command.ExecuteNonQuery();
            }

            var sample = await Sample.TakeAsync(folder, DateTimeOffset.UnixEpoch);

            Assert.Equal((2L, new Table(2, 11)), (sample.Orders, sample.Tables["ordering.orders"]));
            Assert.Equal(["localdapr", "ordering"], sample.CpuSeconds.Keys.Order(StringComparer.Ordinal));
            Assert.All(sample.MemoryBytes.Values, bytes => Assert.InRange(bytes, 10_000_000, 4_000_000_000));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
