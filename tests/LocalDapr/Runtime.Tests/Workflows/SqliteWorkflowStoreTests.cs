using LocalDapr.Engine.Storage;
using LocalDapr.Engine.Tests.Storage;
using LocalDapr.Runtime.Storage;
using LocalDapr.Runtime.Workflows;
using Microsoft.Extensions.Logging.Abstractions;

namespace LocalDapr.Runtime.Tests.Workflows;

public sealed class SqliteWorkflowStoreTests : WorkflowStoreContract
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("workflow-store");
    private SqliteDatabase? _database;

    public override async ValueTask DisposeAsync()
    {
        if (_database is not null) await _database.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    protected override async ValueTask<IWorkflowStore> CreateAsync()
    {
        _database = SqliteDatabase.OpenFile(Path.Combine(_folder.FullName, "store.db"), NullLogger.Instance);
        return await SqliteWorkflowStore.OpenAsync(_database, "hub", default);
    }
}
