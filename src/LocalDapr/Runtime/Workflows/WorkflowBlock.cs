using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Storage;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.Workflows;

/// <summary>
/// The workflow building block of one sidecar: its engine over the file of the actor state store, and the three ways to talk to it.
/// </summary>
internal sealed class WorkflowBlock(Sidecar sidecar) : IBuildingBlock, IAsyncDisposable
{
    private readonly ILogger _log = sidecar.NewLog("Workflow");
    private readonly WorkflowLink _link = new(sidecar);
    private WorkflowEngine? _engine;

    /// <exception cref="DaprError">The app has no actor state store, which workflows live in.</exception>
    public WorkflowEngine Engine => _engine ?? throw WorkflowErrors.NoEngine();

    /// <summary>Null when the app has no actor state store.</summary>
    public WorkflowEngine? EngineOrNone => _engine;

    public string AppId => sidecar.Options.AppId;

    public CancellationToken Stopping => sidecar.Stopping;

    public async ValueTask OpenAsync(CancellationToken cancellation)
    {
        var component = sidecar.Components.OfCategory("state").FirstOrDefault(store => store.Flag("actorStateStore"));
        if (component is null) return;
        var settings = WorkflowSettings.Read(sidecar.Configuration.Spec);
        var options = new EngineOptions(AppId)
        {
            MaxOpenTurns = settings.MaxOpenTurns,
            MaxOpenActivities = settings.MaxOpenActivities,
            Retention = settings.Retention,
            MaxHistoryBytes = sidecar.Options.MaxBodyBytes,
            Link = _link,
            OnFault = fault => _log.LogError(fault, "The workflow engine of {AppId} failed and tries again", AppId),
        };
        _engine = new WorkflowEngine(options, await OpenStoreAsync(component, cancellation), sidecar.Host.Time);
        await _engine.StartAsync(cancellation);
        sidecar.Metadata.ConnectedWorkers = () => _engine.ConnectedWorkers;
    }

    public void MapHttp(IEndpointRouteBuilder http) => http.MapWorkflows(new WorkflowManagement(this));

    public void MapGrpc(IEndpointRouteBuilder grpc)
    {
        grpc.MapTaskHub(this);
        grpc.MapWorkflowStream(this);
        grpc.MapWorkflowManagement(new WorkflowManagement(this));
    }

    public void MapInternal(IEndpointRouteBuilder sidecars) => sidecars.MapWorkflowLink(this);

    public ValueTask StartAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    public ValueTask StopAsync(CancellationToken cancellation) => DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        if (_engine is not null) await _engine.DisposeAsync();
        _link.Dispose();
    }

    private async ValueTask<IWorkflowStore> OpenStoreAsync(Component component, CancellationToken cancellation)
    {
        var source = component.Get("connectionString", "");
        if (component.Type != "state.sqlite" || source.Contains(":memory:", StringComparison.Ordinal)) return new InMemoryWorkflowStore();
        return await SqliteWorkflowStore.OpenAsync(sidecar.Host.Databases.Get(source), AppId, cancellation);
    }
}
