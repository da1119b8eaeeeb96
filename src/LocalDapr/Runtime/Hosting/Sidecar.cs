using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Configuration;
using LocalDapr.Runtime.Health;
using LocalDapr.Runtime.Invocation;
using LocalDapr.Runtime.MetadataApi;
using LocalDapr.Runtime.Middleware;
using LocalDapr.Runtime.Resiliency;
using LocalDapr.Runtime.State;
using LocalDapr.Runtime.Telemetry;
using LocalDapr.Runtime.Telemetry.Traces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.Hosting;

/// <summary>
/// The sidecar of one app. Starts in this order: resources, components, listeners (outbound ready), the app's port, building
/// blocks (ready). Stops the other way round. One instance is started and stopped once.
/// </summary>
public sealed class Sidecar : IAsyncDisposable
{
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _stopRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Exception> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<ApiServer> _servers = [];
    private readonly List<IBuildingBlock> _started = [];
    private IReadOnlyList<IBuildingBlock> _blocks = [];
    private Task _startingBlocks = Task.CompletedTask;
    private Task _probing = Task.CompletedTask;
    private readonly SemaphoreSlim _changing = new(1); // starting the blocks and reloading exclude each other
    private HotReload? _reload;
    private readonly SidecarMetrics? _metrics;
    private int _disposed;

    /// <summary>Reads the resources; throws <see cref="StartupException"/> for what the owner of the files must correct.</summary>
    public Sidecar(RuntimeHost host, SidecarOptions options)
    {
        (Host, Options, AsCaller) = (host, options, new Caller(options.AppId, options.Namespace));
        _log = host.LoggerFactory.CreateLogger($"LocalDapr[{options.AppId}]");
        Configuration = SidecarConfiguration.Load(options.ConfigFiles, _log);
        var tracing = TracingSettings.Read(Configuration.Spec, Environment.GetEnvironmentVariable);
        FollowsTraces = tracing.IsOn;
        Resources = ResourceLoader.Load(options.ResourcesPaths, options, _log);
        Components = new ComponentRegistry();
        Components.Replace(ComponentReader.Read(Resources, this, _log));
        Resiliency = ResiliencyRegistry.Load(Resources, options.AppId, host.Time);
        var health = new AppHealth(options.AppPort is null ? null : options.AppHealth, host.Time, _log);
        App = new AppChannel(options, health, HttpMiddleware.Count(Configuration.Spec, "appHttpPipeline", Components));
        State = new StateStores(this);
        Metadata = new SidecarMetadata(this);
        if (options.MetricsPort is not null) _metrics = new SidecarMetrics(options.AppId);
        Spans = Spans.Open(tracing, options.AppId, NewLog("trace"));
    }

    /// <summary>What flags or the run file say.</summary>
    public SidecarOptions Options { get; }

    /// <summary>What the sidecars of the process share.</summary>
    public RuntimeHost Host { get; }

    /// <summary>Port of the HTTP API, known after the start.</summary>
    public int HttpPort { get; private set; }

    /// <summary>Port of the gRPC API, known after the start.</summary>
    public int GrpcPort { get; private set; }

    /// <summary>Completes when <c>/v1.0/healthz</c> is 204; fails when a building block could not start.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Completes when the sidecar cannot go on, with the reason: a component that failed after the start.</summary>
    public Task<Exception> Failed => _failed.Task;

    /// <summary>Completes when a caller asked for a shutdown; true when it was forced.</summary>
    public Task<bool> StopRequested => _stopRequested.Task;

    internal int InternalPort { get; private set; }

    internal bool IsReady => _ready.Task.IsCompletedSuccessfully && !_stopping.IsCancellationRequested;

    internal bool IsOutboundReady { get; private set; }

    /// <summary>Cancelled when the sidecar begins to stop.</summary>
    internal CancellationToken Stopping => _stopping.Token;

    internal IReadOnlyList<Resource> Resources { get; private set; }

    internal ComponentRegistry Components { get; }

    internal SidecarConfiguration Configuration { get; }

    internal ResiliencyRegistry Resiliency { get; private set; }

    internal AppChannel App { get; }

    /// <summary>What the app answered to <c>/dapr/config</c>, which it is asked first of all; null when it did not.</summary>
    internal ReadOnlyMemory<byte>? AppConfiguration { get; private set; }

    internal StateStores State { get; }

    internal SidecarMetadata Metadata { get; }

    /// <summary>By which sidecars of other processes know that a call is this one's.</summary>
    internal string Secret { get; } = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));

    /// <summary>This sidecar's app, as others see it call.</summary>
    internal Caller AsCaller { get; }

    /// <summary>Null when no trace is begun or gone on with here.</summary>
    internal Spans? Spans { get; }

    /// <summary>False when headers of traces are not even looked at.</summary>
    internal bool FollowsTraces { get; }

    internal ILogger Log => _log;

    internal ILogger NewLog(string area) => Host.LoggerFactory.CreateLogger($"LocalDapr[{Options.AppId}].{area}");

    /// <summary>The block of a type, for blocks that work with another.</summary>
    internal T Block<T>()
        where T : class, IBuildingBlock => _blocks.OfType<T>().Single();

    /// <summary>Returns when the APIs are served; the app may come up later (<see cref="Ready"/>).</summary>
    public async Task StartAsync()
    {
        _blocks = Blocks.For(this);
        foreach (var block in _blocks) await block.OpenAsync(_stopping.Token);
        Host.Sidecars.Add(this);
        await ListenAsync();
        IsOutboundReady = true;
        _log.LogInformation(
            "Sidecar of {AppId}: HTTP on {HttpPort}, gRPC on {GrpcPort}, app port {AppPort}",
            Options.AppId, HttpPort, GrpcPort, Options.AppPort?.ToString() ?? "none");
        if (App.Exists) _probing = ProbeAsync();
        _startingBlocks = StartBlocksAsync();
        if (Configuration.IsOff("HotReload")) return;
        _reload = new HotReload(this);
        _reload.Start();
    }

    /// <summary>Reads the resource folders again and hands the changes to the building blocks.</summary>
    internal async Task ReloadAsync(CancellationToken cancellation)
    {
        await _changing.WaitAsync(cancellation);
        try
        {
            var read = ResourceLoader.Load(Options.ResourcesPaths, Options, _log);
            var kept = Resources.Where(r => !HotReload.Takes(r));
            Resiliency = Resiliency.Reload(read, Options.AppId, _log);
            var components = ComponentReader.Read(read, this, _log);
            Components.Replace(HotReload.Merge(Components.All, components));
            foreach (var second in components.Where(c => c.IsActorStore && Components.Find(c.Category, c.Name) is null))
                _log.LogError("{Component} is left out: another is the actor state store, and only one may be. It counts when that has gone.", second);
            Resources = [.. read.Where(HotReload.Takes), .. kept];
            foreach (var block in _blocks) await block.ReloadAsync(cancellation);
            _log.LogInformation("The resources of {AppId} changed; components are now: {Names}", Options.AppId, string.Join(", ", Components.All));
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Goes on without a component that could not be opened, as its ignoreErrors says.</summary>
    internal void LeaveOut(Component component, Exception error)
    {
        _log.LogError("{Reason} It is left out, as its ignoreErrors says.", error.Message);
        Components.Remove(component);
    }

    /// <summary>Asks whoever runs the sidecar to end it.</summary>
    internal void RequestStop(bool forced) => _stopRequested.TrySetResult(forced);

    /// <summary>Tells whoever runs the sidecar that it cannot go on.</summary>
    internal void Fail(Exception error)
    {
        _log.LogError(error, "Sidecar of {AppId} cannot go on", Options.AppId);
        _failed.TrySetResult(error);
    }

    /// <summary>
    /// Hands nothing more to the app, and takes its actors out of it, while it still runs: call it before the app is ended. Callers of the
    /// APIs are served until <see cref="DisposeAsync"/>.
    /// </summary>
    public async Task DrainAsync()
    {
        if (!_ready.Task.IsCompletedSuccessfully) return;
        using var limit = new CancellationTokenSource(Options.GracefulShutdown, Host.Time);
        // An app that hangs must not keep the others from their end.
        foreach (var block in _blocks)
            await StopAsync(block, token => new ValueTask(block.DrainAsync(token).AsTask().WaitAsync(token)), limit.Token);
    }

    /// <summary>Stops in order within the graceful time. The second call does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        if (Options.BlockShutdown > TimeSpan.Zero) await Task.Delay(Options.BlockShutdown, Host.Time);
        await _stopping.CancelAsync();
        if (_reload is not null) await _reload.DisposeAsync();
        await Task.WhenAll(_startingBlocks, _probing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using var limit = new CancellationTokenSource(Options.GracefulShutdown, Host.Time);
        foreach (var block in Enumerable.Reverse(_started)) await StopAsync(block, block.StopAsync, limit.Token);
        IsOutboundReady = false;
        Host.Sidecars.Remove(this);
        await Task.WhenAll(_servers.Select(server => server.DisposeAsync().AsTask()));
        foreach (var block in _blocks) (block as IDisposable)?.Dispose();
        App.Dispose();
        if (Spans is not null) await Spans.DisposeAsync();
        _metrics?.Dispose();
        _changing.Dispose();
        _stopping.Dispose();
    }

    private async Task ListenAsync()
    {
        HttpPort = await ServeAsync(new("HTTP API", Options.HttpPort, HttpProtocols.Http1AndHttp2, Options.MaxBodyBytes), app =>
        {
            app.UseDaprHttp(Options.ApiToken, _log, _stopping.Token);
            app.UseConfiguredHttp(this);
            foreach (var block in _blocks) block.MapHttp(app);
        });
        GrpcPort = await ServeAsync(new("gRPC API", Options.GrpcPort, HttpProtocols.Http2, null), app =>
        {
            app.UseDaprGrpc(Options.ApiToken);
            app.UseConfiguredGrpc(this);
            foreach (var block in _blocks) block.MapGrpc(app);
        });
        InternalPort = await ServeAsync(new("internal", Options.InternalPort, HttpProtocols.Http1AndHttp2, null), app =>
        {
            app.UseDaprHttp(apiToken: null, _log, _stopping.Token);
            app.UseRouting();
            foreach (var block in _blocks) block.MapInternal(app);
        });
        if (Options.MetricsPort is { } metricsPort)
            await ServeAsync(new("metrics", metricsPort, HttpProtocols.Http1, null), app => app.MapMetrics(_metrics!));
        if (Options.PublicPort is { } publicPort)
            await ServeAsync(new("public", publicPort, HttpProtocols.Http1AndHttp2, Options.MaxBodyBytes), app =>
            {
                app.UseDaprHttp(apiToken: null, _log, _stopping.Token);
                app.UseRouting();
                Block<HealthBlock>().MapProbes(app);
                Block<MetadataBlock>().MapRead(app);
            });
    }

    private async Task<int> ServeAsync(ApiServer.Listener listener, Action<WebApplication> configure)
    {
        var server = await ApiServer.StartAsync(listener with { Ending = _stopping.Token }, Options, Host.LoggerFactory, configure);
        _servers.Add(server);
        return server.Port;
    }

    private async Task StartBlocksAsync()
    {
        try
        {
            if (App.Exists)
            {
                await App.WaitForPortAsync(_stopping.Token);
                await App.Health.WaitAsync(_stopping.Token);
                await AskConfigurationAsync();
            }
            await _changing.WaitAsync(_stopping.Token);
            try
            {
                foreach (var block in _blocks)
                {
                    _started.Add(block);
                    await block.StartAsync(_stopping.Token);
                }
            }
            finally
            {
                _changing.Release();
            }
            _ready.TrySetResult();
            _log.LogInformation("Sidecar of {AppId} is ready", Options.AppId);
        }
        catch (Exception error)
        {
            _ready.TrySetException(error);
            if (!_stopping.IsCancellationRequested) Fail(error);
        }
    }

    private async Task AskConfigurationAsync()
    {
        if (App.IsGrpc || Options.DisabledInitEndpoints.Contains("config")) return;
        try
        {
            var answer = await App.SendAsync(HttpMethod.Get, "/dapr/config", "", [new(WellKnownHeaders.AppId, Options.AppId)], default, null, _stopping.Token);
            if (answer.Status == 200) AppConfiguration = answer.Body;
        }
        catch (HttpRequestException error)
        {
            _log.LogWarning("The app did not tell its configuration: {Reason}", error.Message);
        }
    }

    private async Task ProbeAsync()
    {
        try
        {
            await App.Health.ProbeAsync(App, _stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // The sidecar stops.
        }
        catch (Exception error)
        {
            _log.LogError(error, "The health probe of {AppId} ended", Options.AppId);
        }
    }

    private async Task StopAsync(IBuildingBlock block, Func<CancellationToken, ValueTask> stop, CancellationToken limit)
    {
        try
        {
            await stop(limit);
        }
        catch (Exception error)
        {
            _log.LogWarning(error, "{Block} did not stop in order", block.GetType().Name);
        }
    }
}
