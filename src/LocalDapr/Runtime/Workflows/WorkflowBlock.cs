using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Storage;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Invocation;
using LocalDapr.Runtime.MetadataApi;
using LocalDapr.Runtime.Storage;
using LocalDapr.Runtime.Telemetry.Traces;
using LocalDapr.Runtime.Workflows.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.Workflows;

/// <summary>
/// The workflow building block of one sidecar: its engine over the file of the actor state store, and the three ways to talk to it. The
/// store may come, go and be another one while the sidecar runs. Thread-safe.
/// </summary>
internal sealed class WorkflowBlock(Sidecar sidecar) : IBuildingBlock, IAsyncDisposable
{
    private readonly ILogger _log = sidecar.NewLog("Workflow");
    private readonly AccessMeter _answers = new(sidecar.Options.AppId);
    private volatile TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile AccessPolicy? _access;
    private volatile OpenHub? _hub;
    private int _workers;
    private int _ended;

    /// <exception cref="DaprError">The app has no actor state store, which workflows live in.</exception>
    public WorkflowEngine Engine => _hub?.Engine ?? throw WorkflowErrors.NoEngine();

    /// <summary>Null when the app has no actor state store.</summary>
    public OpenHub? HubOrNone => _hub;

    public string AppId => sidecar.Options.AppId;

    public bool HasAccessPolicy => _access is not null;

    public CancellationToken Stopping => sidecar.Stopping;

    public TimeProvider Time => sidecar.Host.Time;

    public async ValueTask OpenAsync(CancellationToken cancellation)
    {
        sidecar.Metadata.ConnectedWorkers = () => Volatile.Read(ref _workers);
        sidecar.Metadata.WorkflowActors = Describe;
        await ReloadAsync(cancellation);
    }

    /// <summary>The hub, at once or as soon as the app has an actor state store.</summary>
    public async ValueTask<OpenHub> WhenOpenAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var opened = _opened;
            if (_hub is { } hub) return hub;
            await opened.Task.WaitAsync(cancellation);
        }
    }

    public void WorkerCame() => Interlocked.Increment(ref _workers);

    public void WorkerLeft() => Interlocked.Decrement(ref _workers);

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

    public async ValueTask ReloadAsync(CancellationToken cancellation)
    {
        _access = AccessPolicy.Read(sidecar.Resources, _log);
        var component = sidecar.State.ActorStore?.Component;
        var key = component is null ? null : $"{AppId}|{component.Type}|{component.Get("connectionString", "")}";
        if (key == _hub?.Key) return;
        await CloseAsync();
        if (component is null) return;
        var engine = await sidecar.Host.Workflows.AcquireAsync(key!, () => OpenEngineAsync(component, cancellation));
        var hub = new OpenHub(engine, key!, sidecar.Stopping);
        _hub = hub;
        _opened.TrySetResult();
    }

    public ValueTask StopAsync(CancellationToken cancellation) => DisposeAsync();

    // The hub stays: who comes after the stop is not to hear that there is no store.
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0 && _hub is { } hub) await LeaveAsync(hub);
        _answers.Dispose();
    }

    // Instances and activities are actors to daprd, of types that are there while a worker is; what keeps instances for a while has none.
    private IReadOnlyList<ActiveActors> Describe()
    {
        if (_hub is not { } hub || Volatile.Read(ref _workers) == 0) return [];
        var (instances, activities) = hub.Engine.CountActive();
        var prefix = $"dapr.internal.{sidecar.Options.Namespace}.{AppId}.";
        return [new(prefix + "workflow", instances), new(prefix + "activity", activities), new(prefix + "retentioner", 0)];
    }

    private async ValueTask CloseAsync()
    {
        if (_hub is null) return;
        _opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Interlocked.Exchange(ref _hub, null) is { } hub) await LeaveAsync(hub);
    }

    private async ValueTask LeaveAsync(OpenHub hub)
    {
        await hub.LeaveAsync();
        await sidecar.Host.Workflows.ReleaseAsync(hub.Key);
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
            Namespace = SidecarOptions.NonEmpty("NAMESPACE") ?? "",
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
        if (_access is not { } policy) return true;
        var isAllowed = policy.Allows(access);
        _answers.Answered(access, isAllowed);
        if (isAllowed) return true;
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
