using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using LocalDapr.Cli.Run;
using Microsoft.Data.Sqlite;
using Xunit;

namespace DaprOrders.Operations.Tests.Platform;

/// <summary>The way of an event that cannot be handled, with the component set as it is: tried, put aside, kept, counted. Real processes.</summary>
public sealed class DeadLetterTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly string folder = Directory.CreateTempSubdirectory("daprorders-dead-").FullName;
    private readonly StringBuilder output = new();
    private readonly HttpClient http = new();
    private readonly int publisherPort = FreePort.Take(1)[0];
    private Process? runtime;

    public async ValueTask InitializeAsync()
    {
        var program = Repository.PathOf("artifacts/bin/localdapr");
        Assert.SkipUnless(File.Exists(program) && File.Exists(Repository.PathOf("src/Services/Notifications/bin/Release/net10.0/Notifications.dll")),
            "NOT TESTED: there is no release build here; ./test.sh and ./run.sh make one.");
        var resources = Directory.CreateDirectory(Path.Combine(folder, "resources")).FullName;
        foreach (var file in Directory.GetFiles(Repository.PathOf("components/local"), "*.yaml"))
            await File.WriteAllTextAsync(Path.Combine(resources, Path.GetFileName(file)), (await File.ReadAllTextAsync(file)).Replace("maxRetries: 20", "maxRetries: 1", StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(folder, "dapr.yaml"), $$"""
            version: 1
            common:
              resourcesPaths: [resources]
              env: { DAPRORDERS_METRICS_PORT: "0", DAPRORDERS_DATA: "{{folder}}" }
            apps:
              - appID: notifications
                appDirPath: {{Repository.PathOf("src/Services/Notifications")}}
                appPort: {{FreePort.Take(1)[0]}}
                command: ["dotnet", "bin/Release/net10.0/Notifications.dll"]
              - appID: ordering
                appDirPath: {{folder}}
                daprHTTPPort: {{publisherPort}}
                command: ["sleep", "600"]
            """);
        runtime = Process.Start(new ProcessStartInfo(program, ["run", "-f", "dapr.yaml"]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        runtime.OutputDataReceived += Keep;
        runtime.ErrorDataReceived += Keep;
        runtime.BeginOutputReadLine();
        runtime.BeginErrorReadLine();
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        if (runtime is { HasExited: false })
        {
            using var kill = Process.Start("kill", ["-TERM", runtime.Id.ToString()]);
            await kill.WaitForExitAsync();
            await runtime.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
        }

        runtime?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task An_event_that_nobody_understands_is_kept_as_a_document_and_counted()
    {
        await EventuallyAsync("the runtime takes an event", async () =>
        {
            using var body = new StringContent("""{"neither":"an order"}""", new MediaTypeHeaderValue("application/json"));
            using var answer = await http.PostAsync(new Uri($"http://127.0.0.1:{publisherPort}/v1.0/publish/orders-pubsub/orders?metadata.cloudevent.id=event-17"), body);
            return answer.IsSuccessStatusCode;
        });

        await EventuallyAsync("it is counted", async () => (await ScrapeAsync()).Contains("daprorders_notifications_dead_letters_total{subscriber=\"notifications\"} 1\n", StringComparison.Ordinal));

        var kept = Documents("notifications||dead-%").Select(document => JsonDocument.Parse(document).RootElement).Where(document => document.TryGetProperty("eventId", out _));
        var letter = Assert.Single(kept);
        Assert.Equal("event-17", letter.GetProperty("eventId").GetString());
        Assert.Equal("an order", letter.GetProperty("event").GetProperty("data").GetProperty("neither").GetString());
    }

    private async Task<string> ScrapeAsync()
    {
        var file = Path.Combine(folder, "metrics", "notifications.json");
        if (!File.Exists(file)) return "";
        using var targets = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        return await http.GetStringAsync($"http://{targets.RootElement[0].GetProperty("targets")[0].GetString()}/metrics");
    }

    private List<string> Documents(string keys)
    {
        using var db = new SqliteConnection($"Data Source={folder}/shop.db;Pooling=False");
        db.Open();
        using var command = db.CreateCommand();
        command.CommandText = "SELECT value, is_binary FROM documents WHERE key LIKE $keys";
        command.Parameters.AddWithValue("$keys", keys);
        using var row = command.ExecuteReader();
        var all = new List<string>();
        while (row.Read()) all.Add(row.GetBoolean(1) ? Encoding.UTF8.GetString(Convert.FromBase64String(row.GetString(0))) : row.GetString(0));
        return all;
    }

    private async Task EventuallyAsync(string what, Func<Task<bool>> holds)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience; await timer.WaitForNextTickAsync())
        {
            try
            {
                if (await holds()) return;
            }
            catch (HttpRequestException)
            {
                // Not up yet.
            }
        }

        lock (output) Assert.Fail($"{what}: not within {Patience}\n{output}");
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (output) output.AppendLine(line.Data);
    }
}
