using LocalDapr.Engine.Storage;

namespace LocalDapr.Engine.Tests.Storage;

public sealed class InMemoryWorkflowStoreTests : WorkflowStoreContract
{
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override ValueTask<IWorkflowStore> CreateAsync() => new(new InMemoryWorkflowStore());
}
