using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Invocation;
using Dapr.Protocol;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using MiniGrpc;

namespace LocalDapr.Runtime.Health;

/// <summary>What the probes say of the app. Without probes an app is healthy. Safe for any number of readers.</summary>
internal sealed class AppHealth(AppHealthOptions? options, TimeProvider time, ILogger log)
{
    private readonly Lock _changing = new();
    private TaskCompletionSource _healthy = NewSignal();
    private volatile bool _isHealthy = options is null;

    /// <summary>Raised on the probing task with the new state; handlers must not block.</summary>
    public event Action<bool>? Changed;

    public bool IsHealthy => _isHealthy;

    /// <summary>Completes when the app is healthy, at once if it is now.</summary>
    public Task WaitAsync(CancellationToken cancellation)
    {
        lock (_changing) return _isHealthy ? Task.CompletedTask : _healthy.Task.WaitAsync(cancellation);
    }

    /// <summary>Probes until cancelled; the sidecar owns the task.</summary>
    public async Task ProbeAsync(AppChannel app, CancellationToken cancellation)
    {
        if (options is null) return;
        var failures = 0;
        using var timer = new PeriodicTimer(options.Interval, time);
        do
        {
            failures = await SucceedsAsync(app, cancellation) ? 0 : failures + 1;
            if (failures == 0) Set(true);
            else if (failures >= options.Threshold) Set(false);
        }
        while (await timer.WaitForNextTickAsync(cancellation));
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<bool> SucceedsAsync(AppChannel app, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(options!.Timeout);
        try
        {
            if (app.Grpc is not { } grpc)
            {
                using var request = app.NewRequest(HttpMethod.Get, options.Path, "");
                app.AddToken(request);
                using var response = await app.Http.SendAsync(request, limit.Token);
                return response.IsSuccessStatusCode;
            }
            await grpc.UnaryAsync(AppCallbackMethods.HealthCheck, new Empty(), new CallOptions { Headers = app.NewMetadata(), Cancellation = limit.Token });
            return true;
        }
        catch (Exception error) when (error is HttpRequestException or RpcException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            return false;
        }
    }

    private void Set(bool healthy)
    {
        lock (_changing)
        {
            if (_isHealthy == healthy) return;
            _isHealthy = healthy;
            if (healthy) _healthy.TrySetResult();
            else _healthy = NewSignal();
        }
        log.LogInformation("The app is {State}", healthy ? "healthy" : "not healthy");
        Changed?.Invoke(healthy);
    }
}
