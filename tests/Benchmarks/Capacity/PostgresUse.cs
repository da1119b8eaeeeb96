using System.Globalization;
using Npgsql;

namespace DaprOrders.Capacity;

/// <summary>What a PostgreSQL on this machine has done in one database until a moment. Its statistics may be ten seconds behind an idle connection's work.</summary>
internal sealed record PostgresUse(long RowsWritten, long Commits, long LogBytes, long DiskBytes)
{
    public static async Task<(PostgresUse Use, double CpuSeconds, Dictionary<string, Table> Tables)> TakeAsync(string connection)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        var tables = new Dictionary<string, Table>();
        foreach (var table in await QueryAsync(source, "SELECT relname::text FROM pg_stat_user_tables", row => row.GetString(0)))
            tables[$"ordering.{table}"] = (await QueryAsync(source, $"SELECT count(*), coalesce(sum(pg_column_size(t.*)), 0)::bigint FROM \"{table}\" t", row => new Table(row.GetInt64(0), row.GetInt64(1)))).Single();
        var use = (await QueryAsync(source, """
            SELECT (SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint FROM pg_stat_user_tables),
                   (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),
                   pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint,
                   (SELECT sum(pg_total_relation_size(relid))::bigint FROM pg_stat_user_tables)
            """, row => new PostgresUse(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)))).Single();
        var backend = (await QueryAsync(source, "SELECT pg_backend_pid()", row => row.GetInt32(0))).Single();
        return (use, CpuOfServer(backend), tables);
    }

    /// <summary>What one row costs of all that are written within that time.</summary>
    public static async Task<string> RowsAsync(string connection, TimeSpan time)
    {
        var before = await TakeAsync(connection);
        using var timer = new PeriodicTimer(time);
        await timer.WaitForNextTickAsync();
        var after = await TakeAsync(connection);
        var rows = (double)(after.Use.RowsWritten - before.Use.RowsWritten);
        return FormattableString.Invariant(
            $"{rows:N0} rows: {(after.CpuSeconds - before.CpuSeconds) * 1e6 / rows:0} µs of processor and {(after.Use.LogBytes - before.Use.LogBytes) / rows:0} bytes of log a row\n");
    }

    /// <summary>Of the server and all its children, with those that have ended, which the kernel adds to their parent.</summary>
    private static double CpuOfServer(int backend)
    {
        var server = ProcessStat.Of(backend.ToString(CultureInfo.InvariantCulture)).Parent;
        return Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(pid => ProcessStat.Find(pid!)).OfType<ProcessStat>()
            .Where(process => process.Pid == server || process.Parent == server).Sum(process => process.CpuSeconds + (process.Pid == server ? process.EndedChildrenCpuSeconds : 0));
    }

    private static async Task<List<T>> QueryAsync<T>(NpgsqlDataSource source, string sql, Func<NpgsqlDataReader, T> read)
    {
        await using var command = source.CreateCommand(sql);
        await using var rows = await command.ExecuteReaderAsync();
        var all = new List<T>();
        while (await rows.ReadAsync()) all.Add(read(rows));
        return all;
    }
}

/// <summary>Fields of /proc/PID/stat; the second is a name in brackets that may hold anything.</summary>
internal sealed record ProcessStat(string Pid, string Parent, double CpuSeconds, double EndedChildrenCpuSeconds)
{
    private const double TicksPerSecond = 100; // Linux: USER_HZ, the unit of this file on every architecture that .NET runs on

    public static ProcessStat Of(string pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return new ProcessStat(pid, fields[1], Seconds(fields[11], fields[12]), Seconds(fields[13], fields[14]));
    }

    /// <summary>Null when it has just ended.</summary>
    public static ProcessStat? Find(string pid)
    {
        try
        {
            return Of(pid);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static double Seconds(string user, string system) => (double.Parse(user, CultureInfo.InvariantCulture) + double.Parse(system, CultureInfo.InvariantCulture)) / TicksPerSecond;
}
