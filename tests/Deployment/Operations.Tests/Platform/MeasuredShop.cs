using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
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

    /// <summary>How many numbers a query gives: NaN and infinity are none. Skips the test where there is no Prometheus.</summary>
    public async Task<int> AskAsync(string query)
    {
        Tool.Find("prometheus");
        using var answer = JsonDocument.Parse(await http.GetStringAsync(new Uri(prometheusAddress, $"/api/v1/query?query={Uri.EscapeDataString(query)}")));
        return answer.RootElement.GetProperty("data").GetProperty("result").EnumerateArray().Count(series => double.IsFinite(double.Parse(series.GetProperty("value")[1].GetString()!.Replace("Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture)));
    }

    /// <summary>A caller with the token of this user of the demo.</summary>
    public async Task<HttpClient> CallerAsync(string user)
    {
        var caller = new HttpClient { BaseAddress = Gateway };
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "password", ["username"] = user, ["password"] = user });
        using var answer = await caller.PostAsync("token", form);
        using var token = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        caller.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.RootElement.GetProperty("access_token").GetString());
        return caller;
    }

    /// <summary>The id of an order of so many pieces of this article, once it is accepted.</summary>
    public static async Task<string> PlaceAsync(HttpClient customer, string sku, int quantity = 1)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "orders")
        {
            Content = new StringContent($$"""{"items":[{"sku":"{{sku}}","quantity":{{quantity}}}],"paymentToken":"tok_visa_ok","currency":"EUR"}""", new MediaTypeHeaderValue("application/json")),
        };
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString("N"));
        using var answer = await customer.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        if (answer.StatusCode != HttpStatusCode.Accepted) throw new InvalidOperationException($"The order was answered with {answer.StatusCode}: {text}");
        using var order = JsonDocument.Parse(text);
        return order.RootElement.GetProperty("orderId").GetString()!;
    }

    /// <summary>Ordering's sidecar, as Ordering was told of it.</summary>
    public async Task<Uri> SidecarOfOrderingAsync()
    {
        var pid = (await File.ReadAllLinesAsync(Path.Combine(Data, "pids"))).Skip(1).Select(line => line.Split(' ', 2)).First(parts => parts is [_, "ordering"])[0];
        var environment = (await File.ReadAllTextAsync($"/proc/{pid}/environ")).Split('\0');
        return new Uri($"http://127.0.0.1:{environment.First(variable => variable.StartsWith("DAPR_HTTP_PORT=", StringComparison.Ordinal)).Split('=')[1]}");
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
                await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
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
