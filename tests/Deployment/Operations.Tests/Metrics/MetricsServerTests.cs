using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using DaprOrders.ServiceDefaults;
using DaprOrders.Services.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace DaprOrders.Operations.Tests.Metrics;

/// <summary>A service with the metrics port set: Prometheus finds it, and the service's own address shows nothing of it.</summary>
public sealed partial class MetricsServerTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("daprorders-metrics-").FullName;
    private readonly HttpClient http = new();
    private WebApplication app = null!;

    private string TargetFile => Path.Combine(folder, "metrics", "sample.json");

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["DAPRORDERS_METRICS_PORT"] = "0", ["DAPRORDERS_DATA"] = folder, ["OTEL_SERVICE_NAME"] = "sample", ["APP_PORT"] = "0",
        });
        app = builder.AddServiceDefaults().Build().UseServiceDefaults();
        app.MapGet("/orders/{id}", (string id) => id);
        await app.StartAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        http.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_request_is_counted_by_its_route_and_a_scrape_is_not()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await http.GetStringAsync($"{app.Urls.Single()}/orders/17", cancellation);
        await ScrapeAsync();

        // A request is counted when it has ended, a moment after its answer.
        var text = await Until.FoundAsync(async () => await ScrapeAsync() is var scraped && CountedOnce().IsMatch(scraped) ? scraped : null, "the request to be counted, once");

        Assert.DoesNotContain("http_route=\"/metrics\"", text, StringComparison.Ordinal);
        Assert.Contains("dotnet_process_cpu_time_seconds_total{", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_services_own_address_has_no_metrics()
    {
        using var answer = await http.GetAsync($"{app.Urls.Single()}/metrics", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task The_target_file_goes_with_the_service()
    {
        Assert.True(File.Exists(TargetFile));

        await app.StopAsync(TestContext.Current.CancellationToken);

        Assert.False(File.Exists(TargetFile));
    }

    private async Task<string> ScrapeAsync()
    {
        using var targets = JsonDocument.Parse(await File.ReadAllTextAsync(TargetFile));
        Assert.Equal("sample", targets.RootElement[0].GetProperty("labels").GetProperty("job").GetString());
        return await http.GetStringAsync($"http://{targets.RootElement[0].GetProperty("targets")[0].GetString()}/metrics");
    }

    [GeneratedRegex("""http_server_request_duration_seconds_count\{[^}]*http_route="/orders/\{id\}"[^}]*\} 1\n""")]
    private static partial Regex CountedOnce();
}
