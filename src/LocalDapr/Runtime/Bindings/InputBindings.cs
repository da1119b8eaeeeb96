using System.Diagnostics;
using System.Globalization;
using Dapr.Protocol;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf.WellKnownTypes;
using LocalDapr.Runtime.Bindings.Cron;
using LocalDapr.Runtime.Bindings.Output;
using LocalDapr.Runtime.Components;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Invocation;
using LocalDapr.Runtime.Resiliency;
using LocalDapr.Runtime.Telemetry.Traces;
using Microsoft.Extensions.Logging;
using MiniGrpc;

namespace LocalDapr.Runtime.Bindings;

/// <summary>
/// The input bindings of one sidecar: asks the app which it wants, and hands it each event until <see cref="StopAsync"/>.
/// </summary>
internal sealed partial class InputBindings(Sidecar sidecar, OutputBindings output, ILogger logger)
{
    private static readonly Dictionary<string, string> NoMetadata = [];

    private readonly OpenComponents<Cron> _crons = new(sidecar, "bindings");
    private bool _started;

    /// <summary>Throws <see cref="StartupException"/> for a schedule that cannot be read.</summary>
    public async ValueTask OpenAsync(CancellationToken cancellation)
    {
        await _crons.UpdateAsync(component => ValueTask.FromResult(Open(component)), static cron => cron.DisposeAsync());
        if (_started) await RunAsync(cancellation);
    }

    public async ValueTask StartAsync(CancellationToken cancellation)
    {
        _started = true;
        await RunAsync(cancellation);
    }

    public async ValueTask StopAsync(CancellationToken limit)
    {
        _started = false;
        await Task.WhenAll(_crons.All.Select(cron => cron.DisposeAsync().AsTask())).WaitAsync(limit);
    }

    private static Cron? Open(Component component)
    {
        if (component.Type != "bindings.cron") return null;
        var text = component.Require("schedule");
        var schedule = Schedule.TryParse(text)
            ?? throw new StartupException($"component {component} in {component.File}: '{text}' is no schedule");
        return new Cron(component, schedule);
    }

    private static string RouteOf(Component component) => "/" + component.Get("route", component.Name).TrimStart('/');

    private async ValueTask RunAsync(CancellationToken cancellation)
    {
        if (_crons.Count == 0 || !sidecar.App.Exists) return;
        var wanted = sidecar.App.IsGrpc ? await ListAsync(cancellation) : null;
        foreach (var cron in _crons.All.Where(c => !c.IsRunning))
            if (wanted?.Contains(cron.Component.Name) ?? await WantsAsync(cron.Component, cancellation))
                cron.Start(stopping => RunAsync(cron.Component, cron.Schedule, stopping));
    }

    private async ValueTask<bool> WantsAsync(Component component, CancellationToken cancellation)
    {
        if (component.Get("direction", "") == "input") return true;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(sidecar.Options.AppBindingOptionsTimeout);
        try
        {
            var answer = await sidecar.App.SendAsync(HttpMethod.Options, RouteOf(component), "", null, default, null, patience.Token);
            return answer.IsSuccess || answer.Status == 405;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            LogNotAsked(logger, component.Name, $"no answer within {sidecar.Options.AppBindingOptionsTimeout}");
            return false;
        }
        catch (HttpRequestException error)
        {
            LogNotAsked(logger, component.Name, error.Message);
            return false;
        }
    }

    private async ValueTask<HashSet<string>> ListAsync(CancellationToken cancellation)
    {
        try
        {
            var options = new CallOptions { Headers = sidecar.App.NewMetadata(), Cancellation = cancellation };
            return [.. (await sidecar.App.Grpc!.UnaryAsync(AppCallbackMethods.ListInputBindings, new Empty(), options)).Bindings];
        }
        catch (RpcException error)
        {
            if (error.StatusCode != StatusCode.Unimplemented) LogNotAsked(logger, "all", error.Detail);
            return [];
        }
    }

    // Ends with the stop, or when the schedule has no time left. A tick that finds the one before it still running is left out.
    private async Task RunAsync(Component component, Schedule schedule, CancellationToken stopping)
    {
        try
        {
            while (schedule.Next(sidecar.Host.Time.GetUtcNow()) is { } due)
            {
                var pause = due - sidecar.Host.Time.GetUtcNow();
                if (pause > TimeSpan.Zero) await Task.Delay(pause, sidecar.Host.Time, stopping);
                if (sidecar.App.Health.IsHealthy) await TickAsync(component, due, stopping);
            }
        }
        catch (OperationCanceledException)
        {
            // The sidecar stops, or the component is gone.
        }
        catch (Exception error)
        {
            LogEnded(logger, error, component.Name);
        }
    }

    private async Task TickAsync(Component component, DateTimeOffset due, CancellationToken stopping)
    {
        var metadata = new Dictionary<string, string>
        {
            ["readTimeUTC"] = due.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fffffff +0000 'UTC'", CultureInfo.InvariantCulture),
            ["timeZone"] = "UTC",
        };
        try
        {
            await sidecar.Resiliency.ComponentInbound(component)
                .ExecuteAsync(
                    ct => DeliverAsync(component, metadata, ct),
                    static delivered => delivered ? null : new Failure(),
                    static _ => true,
                    stopping);
        }
        catch (Exception error)
            when (error is TimeoutException or CircuitOpenException or HttpRequestException or RpcException or DaprError)
        {
            LogFailed(logger, component.Name, error.Message);
        }
    }

    private async ValueTask<bool> DeliverAsync(Component component, Dictionary<string, string> metadata, CancellationToken cancellation)
    {
        using var span = sidecar.Spans?.Start($"bindings/{component.Name}", ActivityKind.Client, null, null);
        span?.Set([new("db.name", component.Name), new("rpc.service", "Dapr"), new("db.system", "bindings")]);
        if (!sidecar.App.IsGrpc) return await PostAsync(component, metadata, span, cancellation);
        var request = new BindingEventRequest { Name = component.Name };
        request.Metadata.Add(metadata);
        using var turn = await sidecar.App.EnterAsync(cancellation);
        var headers = sidecar.App.NewMetadata();
        if (span is not null) headers.TryAdd(WellKnownHeaders.TraceParent, span.TraceParent);
        var answer = await OnBindingEventAsync(request, new CallOptions { Headers = headers, Cancellation = cancellation }, span);
        foreach (var target in answer.To)
            await output.InvokeAsync(target, new BindingRequest("create", answer.Data.Memory, NoMetadata), null, cancellation);
        return true;
    }

    private async ValueTask<bool> PostAsync(
        Component component, Dictionary<string, string> metadata, Span? span, CancellationToken cancellation)
    {
        span?.Set("db.connection_string", $"POST {RouteOf(component)}");
        var texts = HeaderBytes.OfTexts(metadata);
        var headers = span is null ? texts : texts.Append(new(WellKnownHeaders.TraceParent, span.TraceParent));
        var answer = await sidecar.App.SendAsync(HttpMethod.Post, RouteOf(component), "", headers, default, "application/json", cancellation);
        span?.FailOf(answer.Status);
        return answer.IsSuccess;
    }

    private async ValueTask<BindingEventResponse> OnBindingEventAsync(BindingEventRequest request, CallOptions options, Span? span)
    {
        span?.Set("db.connection_string", "/dapr.proto.runtime.v1.AppCallback/OnBindingEvent");
        try
        {
            return await sidecar.App.Grpc!.UnaryAsync(AppCallbackMethods.OnBindingEvent, request, options);
        }
        catch (RpcException error)
        {
            span?.Fail(error.Detail);
            throw;
        }
    }

    [LoggerMessage(EventId = 4101, Level = LogLevel.Warning,
        Message = "The app did not say whether it wants input binding {Binding}: {Reason}")]
    private static partial void LogNotAsked(ILogger logger, string binding, string reason);

    [LoggerMessage(EventId = 4102, Level = LogLevel.Warning, Message = "An event of input binding {Binding} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string binding, string reason);

    [LoggerMessage(EventId = 4103, Level = LogLevel.Error, Message = "Input binding {Binding} ended")]
    private static partial void LogEnded(ILogger logger, Exception error, string binding);

    /// <summary>One cron component, running from <see cref="Start"/> until it is disposed of.</summary>
    private sealed class Cron(Component component, Schedule schedule) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stopping = new();
        private Task? _running;
        private bool _disposed;

        public Component Component => component;

        public Schedule Schedule => schedule;

        public bool IsRunning => _running is not null;

        public void Start(Func<CancellationToken, Task> run) => _running = run(_stopping.Token);

        // The second time finds nothing left to do.
        public async ValueTask DisposeAsync()
        {
            if (_disposed) return;
            _disposed = true;
            await _stopping.CancelAsync();
            if (_running is { } running) await running;
            _stopping.Dispose();
        }
    }
}
