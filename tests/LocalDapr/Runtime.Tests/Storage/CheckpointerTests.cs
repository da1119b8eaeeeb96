using System.Diagnostics;
using LocalDapr.Runtime.Storage;
using LocalDapr.Runtime.Tests.Actors;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LocalDapr.Runtime.Tests.Storage;

public sealed class CheckpointerTests : IDisposable
{
    private static readonly byte[] Page = new byte[4_000];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("checkpoint-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_log_does_not_grow_from_life_to_life_when_each_is_killed_early()
    {
        var (longest, file) = (0L, Path.Combine(_folder.FullName, "0.db"));
        for (var life = 1; life <= 15; life++)
        {
            var next = Path.Combine(_folder.FullName, $"{life}.db");
            await using (var database = SqliteDatabase.OpenFile(file, NullLogger.Instance))
            {
                await FillAsync(database, pages: 1_500);
                longest = Math.Max(longest, new FileInfo(file + "-wal").Length);
                // What a kill leaves behind: the files as they are.
                File.Copy(file, next);
                File.Copy(file + "-wal", next + "-wal");
            }
            File.Delete(file);
            file = next;
        }

        Assert.InRange(longest, 1, Checkpointer.LogLimitBytes);
        await using var last = SqliteDatabase.OpenFile(file, NullLogger.Instance);
        Assert.Equal(1_000L, last.Read(c => (long)c.Prepared("SELECT count(*) FROM pages").ExecuteScalar()!));
    }

    [Fact]
    public async Task A_log_that_could_not_be_carried_over_is_tried_again_soon_but_not_at_each_commit()
    {
        var (time, tries, file) = (new FakeTime(), 0, Path.Combine(_folder.FullName, "test.db"));
        await using var writer = Open(file, SqliteOpenMode.ReadWriteCreate);
        writer.Execute("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE pages (id INTEGER PRIMARY KEY, text BLOB)");
        // A connection that may not write fails as one on a full disk does.
        await using var checkpointer = new Checkpointer(
            writer, () => Open(file, ++tries < 3 ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWrite), NullLogger.Instance, time);
        for (var written = 0; written <= Checkpointer.Pages; written += 1_000)
        {
            writer.Execute("BEGIN");
            Write(writer, 0, 1_000);
            writer.Execute("COMMIT");
        }

        checkpointer.Follow();
        await OneSidecar.EventuallyAsync(() => Task.FromResult(Volatile.Read(ref tries) == 1), "the first attempt");
        for (var commit = 0; commit < 200; commit++)
        {
            checkpointer.Follow();
            await Task.Delay(1, Cancellation);
        }
        Assert.Equal(1, tries);
        for (var since = Stopwatch.StartNew(); new FileInfo(file).Length < 900 * 4_096; await Task.Delay(5, Cancellation))
        {
            time.Advance(Checkpointer.Pause);
            checkpointer.Follow();
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(60), "it was not tried again");
        }
        Assert.Equal(3, tries);
    }

    [Fact]
    public async Task A_disk_that_was_full_needs_no_more_than_room_for_the_writes_to_go_on()
    {
        await using var disk = await SmallDisk.TryMountAsync(_folder, megabytes: 40);
        if (disk is null) Assert.Skip("NOT TESTED HERE: a small disk of its own needs root (mount -t tmpfs)");
        var (file, ballast) = (Path.Combine(disk.Path, "test.db"), Path.Combine(disk.Path, "ballast"));
        await using var database = SqliteDatabase.OpenFile(file, NullLogger.Instance);
        await FillAsync(database, pages: 1_000);
        await using (var other = Open(file, SqliteOpenMode.ReadWrite)) other.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        await FillAsync(database, pages: 1_000);
        await File.WriteAllBytesAsync(ballast, new byte[(int)new DriveInfo(disk.Path).AvailableFreeSpace - 300_000], Cancellation);

        // No room for the log to grow, but all its pages have their place in the file: one write fails, and the next has the log for itself.
        var failures = 0;
        for (var i = 0; i < 20; i++)
            try
            {
                await FillAsync(database, pages: 200);
            }
            catch (SqliteException error) when (error.SqliteErrorCode == 13)
            {
                failures++;
            }

        Assert.InRange(failures, 1, 10);
        Assert.Equal(1_000L, database.Read(c => (long)c.Prepared("SELECT count(*) FROM pages").ExecuteScalar()!));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static CachingConnection Open(string file, SqliteOpenMode mode)
    {
        var connection = new CachingConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = mode, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private static async Task FillAsync(SqliteDatabase database, int pages)
    {
        await database.WriteAsync(c => c.Execute("CREATE TABLE IF NOT EXISTS pages (id INTEGER PRIMARY KEY, text BLOB)"), Cancellation);
        for (var i = 0; i < pages; i += 100)
        {
            var first = i;
            await database.WriteAsync(c => Write(c, first, 100), Cancellation);
        }
    }

    private static void Write(SqliteConnection connection, int first, int count)
    {
        for (var id = first; id < first + count; id++)
            connection.Prepared("INSERT OR REPLACE INTO pages VALUES ($id, $text)").Bind("$id", id % 1_000).Bind("$text", Page).ExecuteNonQuery();
    }

    /// <summary>A file system with a size, in memory.</summary>
    private sealed class SmallDisk : IAsyncDisposable
    {
        private SmallDisk(string path) => Path = path;

        public string Path { get; }

        public static async Task<SmallDisk?> TryMountAsync(DirectoryInfo folder, int megabytes)
        {
            var path = folder.CreateSubdirectory("disk").FullName;
            return OperatingSystem.IsLinux() && await RunAsync("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "small", path) ? new(path) : null;
        }

        public async ValueTask DisposeAsync() => await RunAsync("umount", Path);

        private static async Task<bool> RunAsync(string program, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            await process.StandardError.ReadToEndAsync(Cancellation);
            await process.WaitForExitAsync(Cancellation);
            return process.ExitCode == 0;
        }
    }
}
