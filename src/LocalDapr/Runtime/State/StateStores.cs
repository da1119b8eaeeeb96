using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Storage;

namespace LocalDapr.Runtime.State;

/// <summary>The opened state stores of a sidecar, by component name.</summary>
internal sealed class StateStores(Sidecar sidecar)
{
    private volatile IReadOnlyDictionary<string, OpenStore> _open = new Dictionary<string, OpenStore>();

    /// <summary>The store that holds actors and workflows; null when no component is marked <c>actorStateStore</c>.</summary>
    public OpenStore? ActorStore => _open.Values.FirstOrDefault(s => s.Component.Flag("actorStateStore"));

    /// <summary>Throws the error of Dapr when there is no such store.</summary>
    public OpenStore Get(string name)
    {
        if (_open.TryGetValue(name, out var store)) return store;
        throw _open.Count == 0 ? DaprErrors.StateStoresNotConfigured(name) : DaprErrors.StateStoreNotFound(name);
    }

    /// <summary>Opens what is new among the components and forgets what is gone.</summary>
    public async ValueTask OpenAsync(CancellationToken cancellation)
    {
        var open = new Dictionary<string, OpenStore>(StringComparer.Ordinal);
        foreach (var component in sidecar.Components.OfCategory("state"))
            open[component.Name] = _open.TryGetValue(component.Name, out var existing) && existing.Component == component
                ? existing
                : await OpenAsync(component, cancellation);
        if (open.Values.Count(s => s.Component.Flag("actorStateStore")) > 1)
            throw new StartupException($"app {sidecar.Options.AppId}: more than one state store is marked actorStateStore");
        _open = open;
    }

    private async ValueTask<OpenStore> OpenAsync(Component component, CancellationToken cancellation)
    {
        var databases = sidecar.Host.Databases;
        var database = component.Type == "state.in-memory"
            ? databases.InMemory($"{sidecar.Options.AppId}/{component.Name}")
            : databases.Get(component.Require("connectionString"));
        var store = new SqliteStateStore(database, component.Get("tableName", "state"), sidecar.Host.Time);
        await store.OpenAsync(cancellation);
        return new OpenStore(component, store, KeyPrefix.Of(component, sidecar.Options), database);
    }
}

/// <summary>A store in use. Its database is that of the component, to be shared by what must commit together with the state.</summary>
internal sealed record OpenStore(Component Component, SqliteStateStore Store, KeyPrefix Prefix, SqliteDatabase Database);
