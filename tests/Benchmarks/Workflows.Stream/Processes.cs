using System.Diagnostics;
using System.Net;
using System.Reflection;
using LocalDapr.Cli.Run;
using LocalDapr.Runtime.Tests;

namespace DaprOrders.Workflows.Stream;

/// <summary>A sidecar and a worker in a temporary folder.</summary>
internal sealed class Processes : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("workflows-stream-");
    private readonly int http, grpc;
    private readonly Process sidecar;
    private Process worker = null!;

    private Processes()
    {
        (http, grpc) = FreePort.Take(2) is [var one, var other] ? (one, other) : throw new InvalidOperationException();
        File.WriteAllText(Path.Combine(folder.FullName, "state.yaml"), StateStore.Yaml(folder.FullName));
        var localdapr = typeof(Processes).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "LocalDapr").Value!;
        sidecar = Start(localdapr, "sidecar", "--app-id", "bench", "--dapr-http-port", $"{http}", "--dapr-grpc-port", $"{grpc}", "--resources-path", folder.FullName, "--log-level", "warn");
    }

    public static async Task<Processes> StartAsync()
    {
        var all = new Processes();
        using var client = new HttpClient();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (var clock = Stopwatch.StartNew(); !await all.IsReadyAsync(client); await timer.WaitForNextTickAsync())
            if (clock.Elapsed > Patience) throw new TimeoutException("The sidecar is not ready.");
        all.worker = Start(Environment.ProcessPath!, "worker", all.grpc);
        return all;
    }

    /// <summary>The rate that the client's last line tells; the line before is shown.</summary>
    public async Task<double> RunAsync(params string[] arguments)
    {
        using var client = Process.Start(Info(Environment.ProcessPath!, arguments, grpc, redirect: true))!;
        var lines = (await client.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await client.WaitForExitAsync();
        if (client.ExitCode != 0) throw new InvalidOperationException($"The client ended with {client.ExitCode}.");
        Console.WriteLine(lines[^2]);
        return double.Parse(lines[^1]);
    }

    public string Figures()
    {
        sidecar.Refresh();
        worker.Refresh();
        return $"sidecar {sidecar.TotalProcessorTime.TotalSeconds:F1} s of processor, {sidecar.WorkingSet64 >> 20} MB; worker {worker.TotalProcessorTime.TotalSeconds:F1} s, {worker.WorkingSet64 >> 20} MB";
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in new[] { worker, sidecar })
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        folder.Delete(recursive: true);
    }

    private static Process Start(string localdapr, params string[] arguments) => Process.Start(Info("dotnet", [localdapr, .. arguments], grpc: null, redirect: false))!;

    private static Process Start(string program, string role, int grpc) => Process.Start(Info(program, [role], grpc, redirect: false))!;

    private static ProcessStartInfo Info(string program, string[] arguments, int? grpc, bool redirect)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = redirect };
        if (grpc is { } port) info.Environment["DAPR_GRPC_PORT"] = $"{port}";
        return info;
    }

    private async Task<bool> IsReadyAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{http}/v1.0/healthz"));
            return answer.StatusCode == HttpStatusCode.NoContent;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
