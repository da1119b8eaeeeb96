using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace DaprOrders.ServiceDefaults;

/// <summary>
/// /health/live: the process answers. /health/started: everything that the service does before its first request is done.
/// /health/ready: every check tagged "ready" passes; else 503, naming the one that does not.
/// </summary>
public static class Health
{
    public const string ReadyTag = "ready";
    private static readonly HttpMethodMetadata Get = new(["GET"]); // health checks take every method otherwise

    internal static void MapHealth(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = (context, report) => context.Response.WriteAsJsonAsync(new { status = "live" }) }).WithMetadata(Get);
        app.MapGet("/health/started", (IHostApplicationLifetime lifetime) => lifetime.ApplicationStarted.IsCancellationRequested
            ? Results.Ok(new { status = "started" })
            : Problems.Unavailable("Still starting.").ToResult());
        app.MapServing();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions
        {
            Predicate = check => check.Tags.Contains(ReadyTag),
            ResponseWriter = (context, report) => report.Status == HealthStatus.Healthy
                ? context.Response.WriteAsJsonAsync(new { status = "ready" })
                : context.Response.WriteProblemAsync(Problems.Unavailable("Not ready: "
                    + string.Join("; ", report.Entries.Where(e => e.Value.Status != HealthStatus.Healthy).Select(e => $"{e.Key} {e.Value.Description ?? e.Value.Exception?.Message}")))),
        }).WithMetadata(Get);
    }
}
