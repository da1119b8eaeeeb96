using System.Diagnostics;
using System.Text;
using System.Text.Json;
using LocalDapr.Cli.Run;
using Xunit;

namespace DaprOrders.Operations.Tests.Platform;

/// <summary>
/// The whole shop by ./run.sh with its metrics on, after it has served a few hundred orders; where Prometheus is installed, one beside it that scraped it all
/// the while and holds our rules. Real processes throughout.
/// </summary>
public sealed class MeasuredShop : IAsyncLifetime
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromMinutes(6);
    private readonly StringBuilder output = new();
    private readonly string folder = Directory.CreateTempSubdirectory("daprorders-measured-").FullName;
    private readonly HttpClient http = new();
    private readonly Uri prometheusAddress = new($"http://127.0.0.1:{FreePort.Take(1)[0]}");
    private readonly int port = FreePort.Take(1)[0];
    private Process? shop;
    private Process? prometheus;

    public Uri Gateway => new($"http://127.0.0.1:{port}/");

    private string Data => Path.Combine(folder, "data");

    public async ValueTask InitializeAsync()
    {
        var program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(path => Path.Combine(path, "prometheus")).FirstOrDefault(File.Exists);
        if (program is not null) prometheus = StartPrometheus(program);
        await StartShopAsync();
    }

    /// <summary>The text of every service's /metrics, by service.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ScrapeAsync()
    {
        var all = new Dictionary<string, string>();
        foreach (var file in Directory.GetFiles(Path.Combine(Data, "metrics"), "*.json"))
        {
            using var targets = JsonDocument.Parse(await File.ReadAllTextAsync(file));
            all[Path.GetFileNameWithoutExtension(file)] = await http.GetStringAsync($"http://{targets.RootElement[0].GetProperty("targets")[0].GetString()}/metrics");
        }

        return all;
    }

    /// <summary>How many series a query gives. Skips the test where there is no Prometheus.</summary>
    public async Task<int> AskAsync(string query)
    {
        Tool.Find("prometheus");
        using var answer = JsonDocument.Parse(await http.GetStringAsync(new Uri(prometheusAddress, $"/api/v1/query?query={Uri.EscapeDataString(query)}")));
        return answer.RootElement.GetProperty("data").GetProperty("result").GetArrayLength();
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        foreach (var process in (Process?[])[shop, prometheus])
        {
            if (process is { HasExited: false })
            {
                using var kill = Process.Start("kill", ["-TERM", process.Id.ToString()]);
                await kill.WaitForExitAsync();
                await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
            }

            process?.Dispose();
        }

        Directory.Delete(folder, recursive: true);
    }

    private Process StartPrometheus(string program)
    {
        // The rules as they are, only asked every second: a test does not wait half a minute for a group's turn.
        foreach (var rules in Queries.Query.RuleFiles) File.WriteAllText(Path.Combine(folder, Path.GetFileName(rules)), File.ReadAllText(rules).Replace("interval: 30s", "interval: 1s", StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(folder, "prometheus.yml"), $"""
            global: {'{'} scrape_interval: 1s, evaluation_interval: 1s {'}'}
            rule_files: ["{folder}/*.yaml"]
            scrape_configs:
              - job_name: daprorders
                file_sd_configs: [{'{'} files: ["{Data}/metrics/*.json"], refresh_interval: 1s {'}'}]
            """);
        return Start(new ProcessStartInfo(program,
        [
            $"--config.file={folder}/prometheus.yml", $"--storage.tsdb.path={folder}/prometheus", $"--web.listen-address={prometheusAddress.Authority}", "--log.level=error",
        ]), _ => { });
    }

    private async Task StartShopAsync()
    {
        var open = new TaskCompletionSource();
        shop = Start(new ProcessStartInfo("bash", [Repository.PathOf("run.sh"), "--count", "300", "--data", Data, "--port", port.ToString()])
        {
            WorkingDirectory = Repository.Root, Environment = { ["DAPRORDERS_METRICS_PORT"] = "0", ["AUDIT_EVERY_SECONDS"] = "1" },
        }, line =>
        {
            if (line.Contains("The shop is open", StringComparison.Ordinal)) open.TrySetResult();
        });
        if (await Task.WhenAny(open.Task, shop.WaitForExitAsync(), Task.Delay(StartsWithin)) == open.Task) return;
        lock (output) throw new InvalidOperationException($"./run.sh did not open the shop:\n{output}");
    }

    private Process Start(ProcessStartInfo start, Action<string> onLine)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        var process = Process.Start(start)!;
        void Keep(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is null) return;
            lock (output) output.AppendLine(line.Data);
            onLine(line.Data);
        }

        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
