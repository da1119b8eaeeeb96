namespace LocalDapr.Runtime.Hosting;

/// <summary>The building blocks of a sidecar, in the order of their start.</summary>
internal static class Blocks
{
    public static IReadOnlyList<IBuildingBlock> For(Sidecar sidecar) =>
    [
        new Health.HealthBlock(sidecar),
        new MetadataApi.MetadataBlock(sidecar),
        new State.StateBlock(sidecar),
        new PubSub.PubSubBlock(sidecar),
        new Outbox.OutboxBlock(sidecar),
        new Bindings.BindingsBlock(sidecar),
        new Jobs.JobBlock(sidecar),
        new Secrets.SecretsBlock(sidecar),
        new Locks.LockBlock(sidecar),
        new ConfigurationApi.ConfigurationBlock(sidecar),
        new Invocation.InvocationBlock(sidecar),
        new Workflows.WorkflowBlock(sidecar),
        new Actors.ActorBlock(sidecar),
    ];
}
