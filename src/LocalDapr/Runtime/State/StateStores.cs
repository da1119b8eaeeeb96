using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Outbox;
using LocalDapr.Runtime.Storage;

namespace LocalDapr.Runtime.State;

/// <summary>The opened state stores of a sidecar, by component name.</summary>
internal sealed class StateStores(Sidecar sidecar)
{
    private readonly OpenComponents<OpenStore> _open = new(sidecar, "state");
    private volatile OpenStore? _actorStore;

    /// <summary>The store that holds actors and workflows; null when no component is marked <c>actorStateStore</c>.</summary>
    public OpenStore? ActorStore => _actorStore;

    /// <summary>The outboxes of the stores that have one.</summary>
    public IEnumerable<StoreOutbox> Outboxes => _open.All.Select(s => s.Outbox).OfType<StoreOutbox>();

    /// <summary>Throws the error of Dapr when there is no such store.</summary>
    public OpenStore Get(string name)
    {
        if (_open.Find(name) is { } store) return store;
        throw _open.Count == 0 ? DaprErrors.StateStoresNotConfigured(name) : DaprErrors.StateStoreNotFound(name);
    }

    /// <summary>Opens what is new among the components and forgets what is gone.</summary>
    public async ValueTask OpenAsync(CancellationToken cancellation)
    {
        await _open.UpdateAsync(async component => await OpenAsync(component, cancellation));
        var forActors = _open.All.Where(static store => store.Component.IsActorStore).ToList();
        if (forActors.Count > 1)
            throw new StartupException($"duplicate actor state store: {string.Join(" and ", forActors.Select(s => s.Component.Name))}");
        _actorStore = forActors.SingleOrDefault();
    }

    private async ValueTask<OpenStore> OpenAsync(Component component, CancellationToken cancellation)
    {
        var databases = sidecar.Host.Databases;
        var database = component.Type == "state.in-memory"
            ? databases.InMemory($"{sidecar.Options.AppId}/{component.Name}")
            : databases.Get(component.Require("connectionString"));
        var store = new SqliteStateStore(database, component.Get("tableName", "state"), sidecar.Host.Time);
        await store.OpenAsync(cancellation);
        return new OpenStore(component, store, KeyPrefix.Of(component, sidecar.Options), database)
        {
            Outbox = OutboxTarget.Of(component) is { } target ? await OpenOutboxAsync(component, target, database, cancellation) : null,
        };
    }

    private async ValueTask<StoreOutbox> OpenOutboxAsync(
        Component component, OutboxTarget target, SqliteDatabase database, CancellationToken cancellation)
    {
        var table = new OutboxTable(database, $"{sidecar.Options.Namespace}||{sidecar.Options.AppId}", component.Name);
        await table.OpenAsync(cancellation);
        return new StoreOutbox(table, target, sidecar.Options.AppId);
    }
}

/// <summary>A store in use. Its database is that of the component, to be shared by what must commit together with the state.</summary>
internal sealed record OpenStore(Component Component, SqliteStateStore Store, KeyPrefix Prefix, SqliteDatabase Database)
{
    /// <summary>Null when transactions publish nothing.</summary>
    public StoreOutbox? Outbox { get; init; }
}
