using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LocalDapr.Runtime.Telemetry;

/// <summary>What the metrics port answers: daprd has it at the root, Prometheus asks for /metrics by itself.</summary>
internal static class MetricsEndpoints
{
    public static void MapMetrics(this IEndpointRouteBuilder http, SidecarMetrics metrics)
    {
        http.MapGet("/", (RequestDelegate)WriteAsync);
        http.MapGet("/metrics", (RequestDelegate)WriteAsync);

        Task WriteAsync(HttpContext context)
        {
            context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
            return context.Response.WriteAsync(metrics.ToText(), context.RequestAborted);
        }
    }
}
