using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Storage;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Storage;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.Workflows;

/// <summary>
/// The workflow building block of one sidecar: its engine over the file of the actor state store, and the three ways to talk to it.
/// </summary>
internal sealed class WorkflowBlock(Sidecar sidecar) : IBuildingBlock, IAsyncDisposable
{
    private readonly ILogger _log = sidecar.NewLog("Workflow");
    private WorkflowEngine? _engine;
    private string? _key;

    /// <exception cref="DaprError">The app has no actor state store, which workflows live in.</exception>
    public WorkflowEngine Engine => _engine ?? throw WorkflowErrors.NoEngine();

    /// <summary>Null when the app has no actor state store.</summary>
    public WorkflowEngine? EngineOrNone => _engine;

    public string AppId => sidecar.Options.AppId;

    public CancellationToken Stopping => sidecar.Stopping;

    public TimeProvider Time => sidecar.Host.Time;

    public async ValueTask OpenAsync(CancellationToken cancellation)
    {
        var component = sidecar.Components.OfCategory("state").FirstOrDefault(store => store.Flag("actorStateStore"));
        if (component is null) return;
        _key = $"{AppId}|{component.Type}|{component.Get("connectionString", "")}";
        _engine = await sidecar.Host.Workflows.AcquireAsync(_key, () => OpenEngineAsync(component, cancellation));
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
        if (Interlocked.Exchange(ref _key, null) is { } key) await sidecar.Host.Workflows.ReleaseAsync(key);
    }

    private async Task<(WorkflowEngine Engine, IReadOnlyList<IDisposable> Owned)> OpenEngineAsync(Component component, CancellationToken cancellation)
    {
        var settings = WorkflowSettings.Read(sidecar.Configuration.Spec);
        var link = new WorkflowLink(sidecar);
        List<IDisposable> owned = [link];
        if (IsFile(component)) owned.Add(await HubOwner.TakeAsync(SqlitePath.Of(component.Get("connectionString", "")), AppId, sidecar.Host.Time, cancellation));
        var options = new EngineOptions(AppId)
        {
            Namespace = sidecar.Options.Namespace,
            MaxOpenTurns = settings.MaxOpenTurns,
            MaxOpenActivities = settings.MaxOpenActivities,
            Retention = settings.Retention,
            MaxHistoryBytes = sidecar.Options.MaxBodyBytes,
            MaxPayloadBytes = sidecar.Options.MaxBodyBytes,
            Link = link,
            OnFault = fault => _log.LogError(fault, "The workflow engine of {AppId} failed and tries again", AppId),
            OnBroken = sidecar.Fail,
        };
        try
        {
            var engine = new WorkflowEngine(options, await OpenStoreAsync(component, cancellation), sidecar.Host.Time);
            await engine.StartAsync(cancellation);
            return (engine, owned);
        }
        catch
        {
            foreach (var thing in owned) thing.Dispose();
            throw;
        }
    }

    private static bool IsFile(Component component) =>
        component.Type == "state.sqlite" && !component.Get("connectionString", "").Contains(":memory:", StringComparison.Ordinal);

    private async ValueTask<IWorkflowStore> OpenStoreAsync(Component component, CancellationToken cancellation)
    {
        if (!IsFile(component)) return new InMemoryWorkflowStore();
        var source = component.Get("connectionString", "");
        try
        {
            return await SqliteWorkflowStore.OpenAsync(sidecar.Host.Databases.Get(source), AppId, cancellation);
        }
        catch (InvalidDataException newer)
        {
            throw new StartupException(newer.Message, newer);
        }
    }
}
