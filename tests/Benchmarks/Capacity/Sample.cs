using System.Globalization;
using Microsoft.Data.Sqlite;

namespace DaprOrders.Capacity;

/// <summary>
/// What a running shop (./run.sh) has used and stored until a moment: processor seconds and memory by process, rows and bytes by table; with the connection of
/// Ordering's PostgreSQL what that has done too.
/// </summary>
internal sealed record Sample(
    DateTimeOffset At, int Cores, long Orders, IReadOnlyDictionary<string, double> CpuSeconds, IReadOnlyDictionary<string, long> MemoryBytes, IReadOnlyDictionary<string, Table> Tables,
    PostgresUse? Postgres = null)
{
    public static async Task<Sample> TakeAsync(string data, DateTimeOffset at, string? postgres = null)
    {
        var processes = File.ReadAllLines(Path.Combine(data, "pids")).Select(line => line.Split(' ', 2)).Where(parts => parts.Length == 2)
            .Select((parts, i) => (Pid: parts[0], Name: i == 0 ? "localdapr" : parts[1])).Where(process => Directory.Exists($"/proc/{process.Pid}")).ToList();
        var tables = Directory.GetFiles(data, "*.db").SelectMany(TablesOf).ToDictionary(table => table.Name, table => table.Size);
        var cpu = processes.ToDictionary(p => p.Name, p => ProcessStat.Of(p.Pid).CpuSeconds);
        PostgresUse? use = null;
        if (postgres is not null)
        {
            (use, cpu["postgres"], var its) = await PostgresUse.TakeAsync(postgres);
            foreach (var (name, size) in its) tables[name] = size;
        }

        return new Sample(at, Environment.ProcessorCount, tables["ordering.orders"].Rows, cpu, processes.ToDictionary(p => p.Name, p => MemoryOf(p.Pid)), tables, use);
    }

    private static IEnumerable<(string Name, Table Size)> TablesOf(string file)
    {
        using var db = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        db.Open();
        foreach (var table in Query(db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'", row => row.GetString(0)))
        {
            var bytes = string.Join(" + ", Query(db, $"SELECT name FROM pragma_table_info('{table}')", row => $"ifnull(sum(length(CAST(\"{row.GetString(0)}\" AS BLOB))), 0)"));
            yield return ($"{Path.GetFileNameWithoutExtension(file)}.{table}", Query(db, $"SELECT count(*), {bytes} FROM \"{table}\"", row => new Table(row.GetInt64(0), row.GetInt64(1))).Single());
        }
    }

    private static List<T> Query<T>(SqliteConnection db, string sql, Func<SqliteDataReader, T> read)
    {
        using var command = db.CreateCommand();
        command.CommandText = sql;
        using var rows = command.ExecuteReader();
        var all = new List<T>();
        while (rows.Read()) all.Add(read(rows));
        return all;
    }

    private static long MemoryOf(string pid) =>
        long.Parse(File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
}

internal sealed record Table(long Rows, long Bytes);
