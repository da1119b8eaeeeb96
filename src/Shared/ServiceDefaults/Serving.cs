using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DaprOrders.ServiceDefaults;

/// <summary>
/// /health/serving: this process may be given requests: it is not ending, and its sidecar, without which it reaches nobody, answers. Unlike /health/ready
/// it says nothing of other services: an edge that is taken away because one of them is away could no longer say so to its callers.
/// </summary>
internal static class Serving
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static void MapServing(this WebApplication app)
    {
        var sidecar = SidecarAddress.Find(app.Configuration) is { } address ? new Uri($"{address}/v1.0/healthz/outbound") : null;
        var http = new HttpClient(OutgoingHttp.ToSidecar()) { Timeout = Patience };
        var lifetime = app.Services.GetRequiredService<IHostApplicationLifetime>();
        lifetime.ApplicationStopped.Register(http.Dispose);
        app.MapGet("/health/serving", async Task<IResult> (CancellationToken cancellation) =>
            lifetime.ApplicationStopping.IsCancellationRequested ? Problems.Unavailable("Ending.").ToResult()
            : sidecar is not null && !await AnswersAsync(http, sidecar, cancellation) ? Problems.Unavailable("The sidecar does not answer.").ToResult()
            : Results.Ok(new { status = "serving" }));
    }

    private static async Task<bool> AnswersAsync(HttpClient http, Uri sidecar, CancellationToken cancellation)
    {
        try
        {
            using var answer = await http.GetAsync(sidecar, cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}
