using LocalDapr.Engine.History;
using LocalDapr.Engine.Storage;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Storage;
using LocalDapr.Runtime.Workflows;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LocalDapr.Runtime.Tests.Workflows;

/// <summary>Files of other versions of the program: older ones are taken along, newer ones are refused and left alone.</summary>
public sealed class WorkflowFormatTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("workflow-format");
    private SqliteDatabase _database = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string FileName => Path.Combine(_folder.FullName, "store.db");

    public ValueTask InitializeAsync()
    {
        _database = SqliteDatabase.OpenFile(FileName, NullLogger.Instance);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Instances_of_the_first_format_are_kept_and_wake_at_once()
    {
        await _database.WriteAsync(
            static connection => connection.Execute(
                """
                CREATE TABLE workflow_format (version INTEGER NOT NULL);
                INSERT INTO workflow_format (version) VALUES (1);
                CREATE TABLE workflow_instance (
                    hub TEXT NOT NULL, id TEXT NOT NULL, status INTEGER, finished_at INTEGER, PRIMARY KEY (hub, id)) WITHOUT ROWID;
                CREATE INDEX workflow_unfinished ON workflow_instance (hub, id) WHERE status IS NULL;
                CREATE INDEX workflow_finished ON workflow_instance (hub, status, finished_at) WHERE status IS NOT NULL;
                CREATE TABLE workflow_record (
                    hub TEXT NOT NULL, id TEXT NOT NULL, sequence INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (hub, id, sequence))
                    WITHOUT ROWID;
                INSERT INTO workflow_instance (hub, id) VALUES ('hub', 'open');
                INSERT INTO workflow_instance (hub, id, status, finished_at) VALUES ('hub', 'done', 1, 1000);
                INSERT INTO workflow_record (hub, id, sequence, bytes) VALUES ('hub', 'open', 1, x'07');
                """),
            Stop);

        var store = await SqliteWorkflowStore.OpenAsync(_database, "hub", Stop);
        store = await SqliteWorkflowStore.OpenAsync(_database, "hub", Stop);

        Assert.Equal(["open"], await store.WakingAsync(DateTimeOffset.MinValue, DateTimeOffset.UnixEpoch.AddSeconds(1), Stop).ToListAsync(Stop));
        Assert.Equal(["done"], await store.FinishedAsync(RuntimeStatus.Completed, DateTimeOffset.MaxValue, 5, Stop));
        Assert.Equal([7], (await store.LoadAsync("open", Stop))!.Single().Bytes.ToArray());
        await store.AppendAsync([new StoreWrite("new", 1, new byte[] { 1 }) { Begins = true, WakesAt = DateTimeOffset.MaxValue }], Stop);
        Assert.Equal(["done", "new", "open"], await store.ListAsync(null, 5, Stop));
    }

    [Fact]
    public async Task A_file_of_a_newer_version_is_refused_by_name_and_left_as_it_is()
    {
        await SqliteWorkflowStore.OpenAsync(_database, "hub", Stop);
        await _database.WriteAsync(static connection => connection.Execute("UPDATE workflow_format SET version = 99"), Stop);
        await using var host = new RuntimeHost(NullLoggerFactory.Instance);
        await File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, "state.yaml"), OneSidecar.Component("state", "state.sqlite", ("connectionString", FileName), ("actorStateStore", "true")), Stop);
        await using var sidecar = new Sidecar(host, new SidecarOptions { AppId = "app", HttpPort = 0, GrpcPort = 0, ResourcesPaths = [_folder.FullName] });

        var refused = await Assert.ThrowsAsync<StartupException>(sidecar.StartAsync);

        Assert.Contains("format 99, written by a newer LocalDapr; this one knows formats up to 2", refused.Message, StringComparison.Ordinal);
        Assert.Contains(FileName, refused.Message, StringComparison.Ordinal);
        var version = _database.Read(static connection => connection.Prepared("SELECT version FROM workflow_format").ExecuteScalar());
        Assert.Equal(99L, version);
    }

    [Fact]
    public async Task A_second_process_on_the_workflows_of_an_app_is_refused_by_name_and_may_have_them_afterwards()
    {
        await using (var owner = await HubOwner.TakeAsync(FileName, "app", TimeProvider.System, Stop) as FileStream)
        {
            using var other = await HubOwner.TakeAsync(FileName, "other", TimeProvider.System, Stop);
            var refused = await Assert.ThrowsAsync<StartupException>(() => HubOwner.TakeAsync(FileName, "app", TimeProvider.System, Stop));
            Assert.Contains("app app in", refused.Message, StringComparison.Ordinal);
        }

        using var again = await HubOwner.TakeAsync(FileName, "app", TimeProvider.System, Stop);
    }
}
