using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using DaprOrders.Operations.Tests.Metrics;
using LocalDapr.Cli.Run;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace DaprOrders.Operations.Tests.Platform;

/// <summary>A scrape and an OTLP collector see the same metrics under the same names, so that rules and dashboards fit both: a real Ordering sends to a real receiver.</summary>
public sealed partial class TwoWaysTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly string folder = Directory.CreateTempSubdirectory("daprorders-otlp-").FullName;
    private readonly ConcurrentQueue<byte[]> received = new();
    private readonly HttpClient http = new();
    private WebApplication collector = null!;
    private Process? ordering;

    public async ValueTask InitializeAsync()
    {
        var program = Repository.PathOf("src/Services/Ordering/bin/Release/net10.0/Ordering.dll");
        Assert.SkipUnless(File.Exists(program), "NOT TESTED: there is no release build here; ./test.sh and ./run.sh make one.");
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        collector = builder.Build();
        collector.MapPost("/v1/{signal}", async (string signal, HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            if (signal == "metrics") received.Enqueue(body.ToArray());
        });
        await collector.StartAsync();
        ordering = Process.Start(new ProcessStartInfo("dotnet", [program])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder, Environment =
            {
                ["DAPRORDERS_DATA"] = folder, ["DAPRORDERS_METRICS_PORT"] = "0", ["APP_ID"] = "ordering", ["APP_PORT"] = FreePort.Take(1)[0].ToString(), ["DAPR_HTTP_PORT"] = "1", ["DAPR_GRPC_PORT"] = "1",
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Urls.Single(), ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf", ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
            },
        })!;
        ordering.BeginOutputReadLine();
        ordering.BeginErrorReadLine();
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        if (ordering is { HasExited: false })
        {
            ordering.Kill();
            await ordering.WaitForExitAsync();
        }

        ordering?.Dispose();
        if (collector is not null) await collector.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task What_is_scraped_is_sent_under_the_same_name()
    {
        HashSet<string> absent = ["not asked yet"];
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        for (var clock = Stopwatch.StartNew(); absent.Count > 0 && clock.Elapsed < Patience; await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken))
        {
            var scraped = await ScrapedAsync();
            if (!scraped.Contains("daprorders_outbox_backlog")) continue;
            absent = [.. scraped.Except(received.SelectMany(OtlpMetrics.NamesIn)).Where(name => !name.StartsWith("kestrel_", StringComparison.Ordinal))]; // the metrics port's own connections
        }

        Assert.Empty(absent);
        Assert.Contains("daprorders_orders_oldest_open_age_seconds", received.SelectMany(OtlpMetrics.NamesIn));
    }

    private async Task<HashSet<string>> ScrapedAsync()
    {
        var file = Path.Combine(folder, "metrics", "ordering.json");
        if (!File.Exists(file)) return [];
        using var targets = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        var text = await http.GetStringAsync($"http://{targets.RootElement[0].GetProperty("targets")[0].GetString()}/metrics");
        // Only what has a series: an instrument that measured nothing is not sent.
        return [.. Typed().Matches(text).Select(match => match.Groups[1].Value).Where(name => Regex.IsMatch(text, $@"(?m)^{name}(_count)?[{{ ]"))];
    }

    [GeneratedRegex(@"(?m)^# TYPE (\S+) ")]
    private static partial Regex Typed();
}
