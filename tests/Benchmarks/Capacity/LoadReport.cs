namespace DaprOrders.Capacity;

/// <summary>The cost of one order, on average over a measured load. Memory is that of the processes at the end.</summary>
internal sealed record LoadReport(
    DateTimeOffset At, int Cores, long Orders, double Seconds, IReadOnlyDictionary<string, double> CpuMicros, IReadOnlyDictionary<string, long> MemoryBytes, IReadOnlyDictionary<string, PerOrder> Tables,
    PostgresCost? Postgres = null)
{
    public double OrdersPerSecond => Orders / Seconds;

    public static LoadReport Between(Sample before, Sample after)
    {
        var orders = after.Orders - before.Orders;
        if (orders <= 0) throw new InvalidOperationException("No order was placed between the two samples.");
        return new LoadReport(after.At, after.Cores, orders, Math.Round((after.At - before.At).TotalSeconds, 1),
            after.CpuSeconds.ToDictionary(cpu => cpu.Key, cpu => Math.Round((cpu.Value - before.CpuSeconds.GetValueOrDefault(cpu.Key)) * 1e6 / orders)), after.MemoryBytes,
            after.Tables.Select(table => (table.Key, Cost: Of(table.Value, before.Tables.GetValueOrDefault(table.Key) ?? new Table(0, 0), orders)))
                .Where(table => table.Cost.Rows != 0 || table.Cost.Bytes != 0).ToDictionary(table => table.Key, table => table.Cost),
            after.Postgres is { } now && before.Postgres is { } then ? PostgresCost.Between(then, now, orders) : null);
    }

    /// <summary>Of one table. A report without it is of another layout than the plan counts with.</summary>
    public PerOrder Of(string table) => Tables.GetValueOrDefault(table) ?? throw new InvalidOperationException($"The load report has no table {table}.");

    private static PerOrder Of(Table after, Table before, long orders) =>
        new(Math.Round((double)(after.Rows - before.Rows) / orders, 2), Math.Round((double)(after.Bytes - before.Bytes) / orders));
}

internal sealed record PerOrder(double Rows, double Bytes);

/// <summary>What Ordering's PostgreSQL does for one order: rows inserted, changed and deleted, commits, bytes of its log, bytes on disk with indexes.</summary>
internal sealed record PostgresCost(double RowsWritten, double Commits, double LogBytes, double DiskBytes)
{
    public static PostgresCost Between(PostgresUse before, PostgresUse after, long orders) => new(
        Math.Round((double)(after.RowsWritten - before.RowsWritten) / orders, 2), Math.Round((double)(after.Commits - before.Commits) / orders, 2),
        Math.Round((double)(after.LogBytes - before.LogBytes) / orders), Math.Round((double)(after.DiskBytes - before.DiskBytes) / orders));
}
