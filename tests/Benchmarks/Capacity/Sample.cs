using System.Globalization;
using Microsoft.Data.Sqlite;

namespace DaprOrders.Capacity;

/// <summary>What a running shop (./run.sh) has used and stored until a moment: processor seconds and memory by process, rows and bytes by table.</summary>
internal sealed record Sample(DateTimeOffset At, int Cores, long Orders, IReadOnlyDictionary<string, double> CpuSeconds, IReadOnlyDictionary<string, long> MemoryBytes, IReadOnlyDictionary<string, Table> Tables)
{
    private const double TicksPerSecond = 100; // Linux: USER_HZ, the unit of /proc/PID/stat on every architecture that .NET runs on

    public static Sample Take(string data, DateTimeOffset at)
    {
        var processes = File.ReadAllLines(Path.Combine(data, "pids")).Select(line => line.Split(' ', 2)).Where(parts => parts.Length == 2)
            .Select((parts, i) => (Pid: parts[0], Name: i == 0 ? "localdapr" : parts[1])).Where(process => Directory.Exists($"/proc/{process.Pid}")).ToList();
        var tables = Directory.GetFiles(data, "*.db").SelectMany(TablesOf).ToDictionary(table => table.Name, table => table.Size);
        return new Sample(at, Environment.ProcessorCount, tables["ordering.orders"].Rows,
            processes.ToDictionary(p => p.Name, p => CpuOf(p.Pid)), processes.ToDictionary(p => p.Name, p => MemoryOf(p.Pid)), tables);
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

    /// <summary>Fields 14 and 15, user and system time; the second field is a name in brackets that may hold anything.</summary>
    private static double CpuOf(string pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    private static long MemoryOf(string pid) =>
        long.Parse(File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
}

internal sealed record Table(long Rows, long Bytes);
