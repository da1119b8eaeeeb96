using LocalDapr.Runtime.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LocalDapr.Runtime.Health;

/// <summary>/v1.0/healthz, /v1.0/healthz/outbound and /v1.0/shutdown.</summary>
internal sealed class HealthBlock(Sidecar sidecar) : IBuildingBlock
{
    public void MapHttp(IEndpointRouteBuilder http)
    {
        MapProbes(http);
        http.MapPost("/v1.0/shutdown", (HttpContext context) =>
        {
            // Answered first, then stopped: the caller gets its 204.
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            context.Response.OnCompleted(() =>
            {
                sidecar.RequestStop(forced: context.Request.Headers["dapr-force-shutdown"] == "true");
                return Task.CompletedTask;
            });
        });
    }

    public void MapGrpc(IEndpointRouteBuilder grpc) => grpc.MapDapr(
        global::Dapr.Protocol.DaprMethods.Shutdown,
        (_, call) =>
        {
            call.Http.Response.OnCompleted(() =>
            {
                sidecar.RequestStop(forced: false);
                return Task.CompletedTask;
            });
            return ValueTask.FromResult(new Google.Protobuf.WellKnownTypes.Empty());
        });

    /// <summary>The two probes, also on the public port.</summary>
    public void MapProbes(IEndpointRouteBuilder http)
    {
        http.MapGet("/v1.0/healthz", (HttpContext context) =>
        {
            if (!sidecar.IsReady) throw DaprErrors.HealthNotReady();
            if (context.Request.Query["appid"] is { Count: > 0 } id && id != sidecar.Options.AppId) throw DaprErrors.HealthAppIdMismatch();
            return TypedResults.NoContent();
        });
        http.MapGet("/v1.0/healthz/outbound", () => sidecar.IsOutboundReady ? TypedResults.NoContent() : throw DaprErrors.OutboundNotReady());
    }

    public ValueTask StartAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    public ValueTask StopAsync(CancellationToken cancellation) => ValueTask.CompletedTask;
}
