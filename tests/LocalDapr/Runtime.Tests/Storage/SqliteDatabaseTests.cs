using LocalDapr.Runtime.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LocalDapr.Runtime.Tests.Storage;

public sealed class SqliteDatabaseTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sqlite-");
    private SqliteDatabase _database = null!;

    public async ValueTask InitializeAsync()
    {
        _database = SqliteDatabase.OpenFile(File, NullLogger.Instance);
        await _database.WriteAsync(c => c.Execute("CREATE TABLE n (value INTEGER PRIMARY KEY)"), Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Writes_that_arrive_together_are_all_there_when_their_tasks_complete()
    {
        await Task.WhenAll(Enumerable.Range(0, 5_000).Select(i => Insert(i).AsTask()));

        Assert.Equal(5_000, Count());
    }

    [Fact]
    public async Task A_write_that_fails_half_way_is_undone_alone_and_its_neighbours_stay()
    {
        var good = Enumerable.Range(0, 50).Select(i => Insert(i).AsTask()).ToList();
        var bad = _database.WriteAsync<int>(
            connection =>
            {
                Run(connection, 1_000);
                throw new InvalidOperationException("half way");
            },
            Cancellation).AsTask();
        good.AddRange(Enumerable.Range(50, 50).Select(i => Insert(i).AsTask()));

        await Task.WhenAll(good);
        await Assert.ThrowsAsync<InvalidOperationException>(() => bad);

        Assert.Equal(100, Count());
    }

    [Fact]
    public async Task A_read_after_the_close_fails_and_does_not_open_the_file_again()
    {
        await Insert(1);
        await _database.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(() => Count());
        Assert.Equal([File], _folder.GetFiles().Select(file => file.FullName));
    }

    [Fact]
    public async Task A_constraint_that_fails_reaches_the_caller_and_the_next_write_works()
    {
        await Insert(1);

        await Assert.ThrowsAsync<SqliteException>(async () => await Insert(1));
        await Insert(2);

        Assert.Equal(2, Count());
    }

    [Fact]
    public async Task Closing_commits_what_is_queued()
    {
        var queued = Enumerable.Range(0, 500).Select(i => Insert(i).AsTask()).ToList();
        await _database.DisposeAsync();
        await Task.WhenAll(queued);

        _database = SqliteDatabase.OpenFile(File, NullLogger.Instance);

        Assert.Equal(500, Count());
    }

    [Fact]
    public async Task The_log_begins_anew_while_writes_go_on()
    {
        await _database.WriteAsync(c => c.Execute("CREATE TABLE pages (id INTEGER PRIMARY KEY, text BLOB)"), Cancellation);
        var page = new byte[4_000];

        for (var i = 0; i < 15 * Checkpointer.Pages; i += 100)
        {
            var first = i;
            await _database.WriteAsync(
                c =>
                {
                    for (var id = first; id < first + 100; id++)
                        c.Prepared("INSERT OR REPLACE INTO pages VALUES ($id, $text)").Bind("$id", id % 1_000).Bind("$text", page).ExecuteNonQuery();
                },
                Cancellation);
        }

        // A log that never began anew would hold all 15; on a loaded machine the carrying over falls behind the writing for a while.
        Assert.InRange(new FileInfo(File + "-wal").Length, 1, 10L * Checkpointer.Pages * 4_096);
        Assert.Equal(1_000L, _database.Read(c => (long)c.Prepared("SELECT count(*) FROM pages").ExecuteScalar()!));
    }

    private string File => Path.Combine(_folder.FullName, "test.db");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static int Run(SqliteConnection connection, int value) =>
        connection.Prepared("INSERT INTO n (value) VALUES ($value)").Bind("$value", value).ExecuteNonQuery();

    private ValueTask<int> Insert(int value) => _database.WriteAsync(connection => Run(connection, value), Cancellation);

    private long Count() => _database.Read(connection => (long)connection.Prepared("SELECT count(*) FROM n").ExecuteScalar()!);
}
