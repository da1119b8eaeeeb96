using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DaprOrders.ServiceDefaults.Metrics;

/// <summary>
/// GET /metrics for Prometheus, on a port of its own, so that no public address can reach it: only when DAPRORDERS_METRICS_PORT is set. Port 0 takes a free
/// one and writes it to DAPRORDERS_DATA/metrics/{service}.json, which Prometheus reads as it is (file_sd_configs): several services on one machine.
/// </summary>
internal sealed class MetricsServer(int port, string service, string? dataFolder, MetricCollection metrics) : IHostedService, IAsyncDisposable
{
    private WebApplication? server;

    private string? TargetFile => port == 0 && dataFolder is not null ? Path.Combine(dataFolder, "metrics", service + ".json") : null;

    public static void Add(WebApplicationBuilder builder, string service, IReadOnlyList<string> meters)
    {
        if (!int.TryParse(builder.Configuration["DAPRORDERS_METRICS_PORT"], out var port)) return;
        var metrics = new MetricCollection(meters); // from here on, not from the first scrape on
        builder.Services.AddSingleton<IHostedService>(_ => new MetricsServer(port, service, builder.Configuration["DAPRORDERS_DATA"], metrics));
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseUrls($"http://{(port == 0 ? "127.0.0.1" : "*")}:{port}");
        server = builder.Build();
        server.MapGet("/metrics", context =>
        {
            context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
            return context.Response.WriteAsync(metrics.Read(), context.RequestAborted);
        }).DisableHttpMetrics(); // a scrape is no request of the service's
        await server.StartAsync(cancellationToken);
        if (TargetFile is { } file) WriteTarget(file);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (TargetFile is { } file) File.Delete(file);
        if (server is not null) await server.StopAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        metrics.Dispose();
        if (server is not null) await server.DisposeAsync();
    }

    private void WriteTarget(string file)
    {
        var address = new Uri(server!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        object[] targets = [new { targets = new[] { address.Authority }, labels = new { job = service } }];
        File.WriteAllText(file + ".new", JsonSerializer.Serialize(targets));
        File.Move(file + ".new", file, overwrite: true); // whole, or not at all
    }
}
