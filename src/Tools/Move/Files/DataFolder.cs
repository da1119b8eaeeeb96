using DaprOrders.Move.Copying;
using DaprOrders.Ordering.EventStore.Sqlite;
using Microsoft.Data.Sqlite;

namespace DaprOrders.Move.Files;

/// <summary>
/// The data folder of a shop that stands still, held for as long as this lives: the locks that ./run.sh and LocalDapr take are taken here, and the SQLite files
/// are opened as SQLite lets only one process do, so whoever has one open is noticed, and whoever comes later is kept out.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    private readonly List<FileStream> locks = [];
    private readonly List<SqliteConnection> open = [];

    private DataFolder(string path) => Path = path;

    public string Path { get; }

    /// <summary>The event store.</summary>
    public SqliteConnection Orders { get; private set; } = null!;

    /// <summary>LocalDapr's components of the set local. Null where there is none: the Dapr state of this shop is elsewhere.</summary>
    public SqliteConnection? State { get; private set; }

    public MoveNote Note { get; private set; } = null!;

    public static DataFolder Open(string path)
    {
        var folder = new DataFolder(System.IO.Path.GetFullPath(path));
        try
        {
            folder.Open();
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var file in open) file.Dispose();
        foreach (var one in locks) one.Dispose();
    }

    private void Open()
    {
        var orders = System.IO.Path.Combine(Path, "ordering.db");
        if (!File.Exists(orders)) throw new RefusedException($"There is no shop at {Path}: it has no ordering.db. Give its data folder with --data.");
        foreach (var file in Directory.EnumerateFiles(Path, "shop.db.*.lock").Append(System.IO.Path.Combine(Path, "lock"))) locks.Add(Lock(file));
        Orders = Exclusive(orders);
        Note = MoveNote.Read(Path);
        if (!SqliteSchema.IsMoved(Orders)) SqliteSchema.Ensure(Orders); // a file of an older version of this format
        var state = System.IO.Path.Combine(Path, "shop.db");
        if (File.Exists(state)) State = Exclusive(state);
    }

    private static FileStream Lock(string file)
    {
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw InUse(file);
        }
    }

    private SqliteConnection Exclusive(string file)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 1 }.ToString());
        open.Add(connection);
        try
        {
            connection.Open();
            // One at a time: of several statements in one command, what fails behind a PRAGMA that answers is not told.
            foreach (var sql in new[] { "PRAGMA locking_mode = EXCLUSIVE", "PRAGMA synchronous = FULL", "BEGIN IMMEDIATE", "COMMIT" }) connection.Script(sql);
            return connection;
        }
        catch (SqliteException e) when (e.SqliteErrorCode is 5 or 6) // busy, locked
        {
            throw InUse(file);
        }
    }

    private static RefusedException InUse(string file) =>
        new($"A process is using {file}: the shop runs, or something of it is left. Stop it (Ctrl-C of ./run.sh; an Ordering that was started by hand), then run this again.");
}
