using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using DaprOrders.Shoppers;
using LocalDapr.Cli.Run;
using Xunit;

namespace DaprOrders.EndToEnd;

/// <summary>The whole shop as a user starts it: ./run.sh on a fresh data folder and a free port. Real processes throughout.</summary>
public sealed class RunningShop : IAsyncLifetime
{
    private const int Replicas = 3;
    private static readonly TimeSpan StartsWithin = TimeSpan.FromMinutes(6), EndsWithin = TimeSpan.FromMinutes(3);
    private readonly StringBuilder output = new();
    private Process? run;

    /// <summary>Where it is given, several Orderings share an event store in this PostgreSQL.</summary>
    public string? Postgres { get; set; }

    /// <summary>Where it is given, every process sends its spans to this collector.</summary>
    public Uri? Collector { get; init; }

    /// <summary>Where it is given, sagas of orders that stand still for so long are looked for.</summary>
    public TimeSpan? SagaLostAfter { get; init; }

    /// <summary>Where it is given, the books are followed and saved so often.</summary>
    public TimeSpan? AuditEvery { get; init; }

    /// <summary>For how long an undo is tried before its order is parked.</summary>
    public TimeSpan ParkAfter { get; init; } = TimeSpan.FromSeconds(1);

    public string Data { get; } = Directory.CreateTempSubdirectory("daprorders-").FullName;
    public Uri Gateway { get; private set; } = null!;
    public Uri Provider { get; private set; } = null!;
    public Uri Grpc { get; private set; } = null!;
    internal Shop Shop { get; private set; } = null!;
    internal string Customer { get; private set; } = "";
    internal string Operator { get; private set; } = "";
    public string Output { get { lock (output) return output.ToString(); } }

    public async ValueTask InitializeAsync()
    {
        var port = FreePort.Take(1)[0];
        Gateway = new Uri($"http://127.0.0.1:{port}");
        Shop = new Shop(Gateway);
        await StartAsync(port);
        using (var endpoints = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Data, "endpoints.json"))))
        {
            Provider = new Uri(endpoints.RootElement.GetProperty("provider").GetString()!);
            Grpc = new Uri(endpoints.RootElement.GetProperty("grpc").GetString()!);
        }

        Customer = await Shop.TokenAsync("demo", CancellationToken.None);
        Operator = await Shop.TokenAsync("operator", CancellationToken.None);
    }

    /// <summary>A port of this app's sidecar, as the app was told it.</summary>
    public string SidecarOf(string name, string protocol = "GRPC")
    {
        var pid = ReadPids().First(entry => entry.Name == name && !entry.IsHost).Pid;
        return File.ReadAllText($"/proc/{pid}/environ").Split('\0').First(variable => variable.StartsWith($"DAPR_{protocol}_PORT=", StringComparison.Ordinal)).Split('=')[1];
    }

    /// <summary>kill -9 of one process of the shop: "host" is the LocalDapr process, otherwise an app id. False while it is not running.</summary>
    public bool Kill(string name)
    {
        var line = ReadPids().FirstOrDefault(entry => name == "host" ? entry.IsHost : entry.Name == name);
        if (line == default) return false;
        try
        {
            using var process = Process.GetProcessById(line.Pid);
            process.Kill(); // SIGKILL
            return true;
        }
        catch (ArgumentException)
        {
            return false; // already gone
        }
    }

    /// <summary>It does nothing any more, and answers nobody, until it is killed.</summary>
    public async Task FreezeAsync(string name)
    {
        using var stop = Process.Start("kill", ["-STOP", ReadPids().First(entry => entry.Name == name && !entry.IsHost).Pid.ToString()]);
        await stop.WaitForExitAsync();
        if (stop.ExitCode != 0) throw new InvalidOperationException($"{name} could not be stopped.");
    }

    /// <summary>As Ctrl-C does. It is opened again, on the same data, by <see cref="InitializeAsync"/>.</summary>
    public async Task StopAsync()
    {
        Shop?.Dispose();
        if (run is { HasExited: false })
        {
            using var kill = Process.Start("kill", ["-TERM", run.Id.ToString()]);
            await kill.WaitForExitAsync();
            await run.WaitForExitAsync().WaitAsync(EndsWithin);
        }

        run?.Dispose();
        run = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(Data, recursive: true);
    }

    private async Task StartAsync(int port)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(Root(), "run.sh"), "--count", "0", "--data", Data, "--port", port.ToString()])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Root(),
            Environment = { ["DAPRORDERS_PARK_AFTER_SECONDS"] = $"{ParkAfter.TotalSeconds}" },
        };
        if (Postgres is not null) ShareStore(start, Postgres);
        if (Collector is not null)
            foreach (var (name, value) in new[] { ("ENDPOINT", Collector.AbsoluteUri.TrimEnd('/')), ("PROTOCOL", "http/protobuf") }) start.Environment[$"OTEL_EXPORTER_OTLP_{name}"] = value;
        if (SagaLostAfter is { } patience) start.Environment["DAPRORDERS_SAGA_LOST_AFTER_SECONDS"] = $"{patience.TotalSeconds}";
        if (AuditEvery is { } period) start.Environment["AUDIT_EVERY_SECONDS"] = start.Environment["AUDIT_SAVE_EVERY_SECONDS"] = $"{period.TotalSeconds}";
        run = Process.Start(start)!;
        var open = new TaskCompletionSource();
        void Keep(object sender, DataReceivedEventArgs line)
        {
            lock (output) output.AppendLine(line.Data);
            if (line.Data?.Contains("The shop is open", StringComparison.Ordinal) == true) open.TrySetResult();
        }

        run.OutputDataReceived += Keep;
        run.ErrorDataReceived += Keep;
        run.BeginOutputReadLine();
        run.BeginErrorReadLine();
        if (await Task.WhenAny(open.Task, run.WaitForExitAsync(), Task.Delay(StartsWithin)) != open.Task)
            throw new InvalidOperationException($"./run.sh did not open the shop:\n{Output}\n{ShopLog()}");
    }

    private void ShareStore(ProcessStartInfo start, string postgres)
    {
        var file = Path.Combine(Data, "dapr.yaml"); // elsewhere than its folders, so these are named in full
        var text = Regex.Replace(File.ReadAllText(Path.Combine(Root(), "dapr.yaml")), @"(appDirPath: |resourcesPaths: \[|configFilePath: )(?=\w)", $"$1{Root()}/");
        var one = Regex.Match(text, @"  - appID: ordering\n(?:    .*\n)+").Value;
        var all = Enumerable.Range(0, Replicas).Select(i => one.Replace("appPort: 5101", $"appPort: 51{i}1", StringComparison.Ordinal));
        File.WriteAllText(file, text.Replace(one, string.Concat(all), StringComparison.Ordinal));
        start.Environment["DAPRORDERS_RUN_FILE"] = file;
        start.Environment["ORDERING_STORE"] = "postgres";
        start.Environment["ORDERING_POSTGRES"] = postgres;
        start.Environment["DAPRORDERS_LEASE_SECONDS"] = "5";
    }

    private IEnumerable<(int Pid, string Name, bool IsHost)> ReadPids()
    {
        var file = Path.Combine(Data, "pids");
        return File.Exists(file)
            ? File.ReadAllLines(file).Select((line, i) => (Parts: line.Split(' ', 2), i)).Where(l => l.Parts.Length == 2).Select(l => (int.Parse(l.Parts[0]), l.Parts[1], l.i == 0))
            : [];
    }

    private string ShopLog()
    {
        var log = Path.Combine(Data, "logs", "shop.log");
        return File.Exists(log) ? string.Join('\n', File.ReadLines(log).TakeLast(60)) : "";
    }

    internal static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "run.sh"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
