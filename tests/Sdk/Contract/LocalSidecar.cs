using System.Diagnostics;
using System.Reflection;
using System.Text;
using LocalDapr.Cli.Run;
using Xunit;

namespace Sdk.Contract;

/// <summary>A real sidecar, LocalDapr in a process of its own, with a state store for actors and workflows.</summary>
internal sealed class LocalSidecar : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly Process process;
    private readonly DirectoryInfo folder;
    private readonly StringBuilder output = new();

    private LocalSidecar(Process process, DirectoryInfo folder, int httpPort, int grpcPort) =>
        (this.process, this.folder, HttpPort, GrpcPort) = (process, folder, httpPort, grpcPort);

    public int HttpPort { get; }

    public int GrpcPort { get; }

    /// <summary>Returns once its APIs are ready; those of its app come when that has answered.</summary>
    public static async Task<LocalSidecar> StartAsync(int? appPort = null, int? httpPort = null, string store = "store")
    {
        var folder = Directory.CreateTempSubdirectory("sdk-contract-");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "state.yaml"), $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: {name: {{store}}}
            spec:
              type: state.sqlite
              version: v1
              metadata:
              - {name: connectionString, value: "{{Path.Combine(folder.FullName, "state.db")}}"}
              - {name: actorStateStore, value: "true"}
            """);
        var features = Path.Combine(folder.FullName, "features.config");
        await File.WriteAllTextAsync(features, """
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata: {name: features}
            spec: {features: [{name: ActorStateTTL, enabled: true}]}
            """);
        var (http, grpc) = (httpPort ?? FreePort.Take(1)[0], FreePort.Take(1)[0]);
        var command = typeof(LocalSidecar).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(m => m.Key == "LocalDapr").Value!;
        var start = new ProcessStartInfo("dotnet", [command, "sidecar", "--app-id", "app", "--dapr-http-port", $"{http}", "--dapr-grpc-port", $"{grpc}",
            "--dapr-internal-grpc-port", $"{FreePort.Take(1)[0]}", "--metrics-port", $"{FreePort.Take(1)[0]}", "--resources-path", folder.FullName, "--config", features, "--dapr-graceful-shutdown-seconds", "1",
            .. appPort is { } port ? ["--app-port", $"{port}"] : Array.Empty<string>()])
        {
            WorkingDirectory = folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var sidecar = new LocalSidecar(Process.Start(start)!, folder, http, grpc);
        sidecar.process.OutputDataReceived += sidecar.Keep;
        sidecar.process.ErrorDataReceived += sidecar.Keep;
        sidecar.process.BeginOutputReadLine();
        sidecar.process.BeginErrorReadLine();
        using var client = new HttpClient();
        var probe = new Uri($"http://127.0.0.1:{http}/v1.0/healthz{(appPort is null ? "/outbound" : "")}");
        await EventuallyAsync(async () => sidecar.process.HasExited || (await client.GetAsync(probe)).IsSuccessStatusCode, () => $"the sidecar to be ready; it said: {sidecar.output}");
        Assert.False(sidecar.process.HasExited, $"The sidecar has ended; it said: {sidecar.output}");
        return sidecar;
    }

    public static async Task EventuallyAsync(Func<Task<bool>> condition, Func<string> what)
    {
        var waited = Stopwatch.StartNew();
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        do
        {
            try
            {
                if (await condition()) return;
            }
            catch (HttpRequestException) when (waited.Elapsed < Patience)
            {
                // Not there yet.
            }

            if (waited.Elapsed > Patience) Assert.Fail($"Waited in vain for {what()}");
        }
        while (await tick.WaitForNextTickAsync());
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        folder.Delete(recursive: true);
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (output) output.AppendLine(line.Data);
    }
}
