using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Storage;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Invocation;
using LocalDapr.Runtime.Storage;
using LocalDapr.Runtime.Telemetry.Traces;
using LocalDapr.Runtime.Workflows.Wire;
using Microsoft.AspNetCore.Http;
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
    private volatile AccessPolicy? _access;

    /// <exception cref="DaprError">The app has no actor state store, which workflows live in.</exception>
    public WorkflowEngine Engine => _engine ?? throw WorkflowErrors.NoEngine();

    /// <summary>Null when the app has no actor state store.</summary>
    public WorkflowEngine? EngineOrNone => _engine;

    public string AppId => sidecar.Options.AppId;

    public bool HasAccessPolicy => _access is not null;

    public CancellationToken Stopping => sidecar.Stopping;

    public TimeProvider Time => sidecar.Host.Time;

    public async ValueTask OpenAsync(CancellationToken cancellation)
    {
        _access = AccessPolicy.Read(sidecar.Resources, _log);
        var component = sidecar.Components.OfCategory("state").FirstOrDefault(store => store.Flag("actorStateStore"));
        if (component is null) return;
        _key = $"{AppId}|{component.Type}|{component.Get("connectionString", "")}";
        _engine = await sidecar.Host.Workflows.AcquireAsync(_key, () => OpenEngineAsync(component, cancellation));
        sidecar.Metadata.ConnectedWorkers = () => _engine.ConnectedWorkers;
    }

    /// <summary>The app whose sidecar in another process asks; null when none does.</summary>
    public string? AppBehind(HttpContext context) => sidecar.Block<InvocationBlock>().AppOf(context);

    /// <summary>
    /// Starts an instance as a step of its trace: that of the request itself, or of the call it came with.
    /// </summary>
    public ValueTask StartAsync(StartRequest start, string? traceParent, string? traceState, CancellationToken cancellation) =>
        sidecar.Spans is { IsExported: true } spans
            ? StartAsync(start, spans.StartWorkflow(start, traceParent, traceState), cancellation)
            : Engine.StartAsync(start, cancellation);

    public void MapHttp(IEndpointRouteBuilder http) => http.MapWorkflows(new WorkflowManagement(this));

    public void MapGrpc(IEndpointRouteBuilder grpc)
    {
        grpc.MapTaskHub(this);
        grpc.MapWorkflowStream(this);
        grpc.MapWorkflowManagement(new WorkflowManagement(this));
    }

    public void MapInternal(IEndpointRouteBuilder sidecars) => sidecars.MapWorkflowLink(this);

    public ValueTask StartAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    public ValueTask ReloadAsync(CancellationToken cancellation)
    {
        _access = AccessPolicy.Read(sidecar.Resources, _log);
        return ValueTask.CompletedTask;
    }

    public ValueTask StopAsync(CancellationToken cancellation) => DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _key, null) is { } key) await sidecar.Host.Workflows.ReleaseAsync(key);
    }

    private async ValueTask StartAsync(StartRequest start, Span span, CancellationToken cancellation)
    {
        using (span)
        {
            var trace = span.IsRecorded ? new TraceContext(span.TraceParent, span.SpanId, span.TraceState) : start.Trace;
            await Engine.StartAsync(start with { Trace = trace }, cancellation);
        }
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
            MaxOpenTurnsOf = settings.MaxOpenTurnsOf,
            MaxOpenActivitiesOf = settings.MaxOpenActivitiesOf,
            Retention = settings.Retention,
            MaxHistoryBytes = sidecar.Options.MaxBodyBytes,
            MaxPayloadBytes = sidecar.Options.MaxBodyBytes,
            SizeOf = static happened => happened.ToWire().CalculateSize(),
            Link = link,
            Admits = Admits,
            OnSpan = sidecar.Spans is { IsExported: true } spans ? spans.Record : null,
            OnAway = (id, away) => _log.LogWarning("Workflow {Id} of {AppId} waits for another app: {Reason}", id, AppId, away.Message),
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

    private bool Admits(AppAccess access)
    {
        if (_access?.Allows(access) ?? true) return true;
        _log.LogWarning(
            "Access denied by workflow access policy: app {Caller} may not {Operation} {Name}", access.CallerApp, access.Operation, access.Name);
        return false;
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
