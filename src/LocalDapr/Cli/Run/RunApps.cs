using LocalDapr.Cli.Logs;
using LocalDapr.Runtime.Hosting;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Cli.Run;

/// <summary>
/// <c>localdapr run</c>: all sidecars in this process, then the apps. Ends on a signal with 0 (no more work for the apps, the apps, the
/// sidecars), or
/// with 1 when an app that is not restarted ended with a failure, or a sidecar cannot go on.
/// </summary>
internal static class RunApps
{
    public static async Task<int> ExecuteAsync(string[] args)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            Console.WriteLine(RunOptions.Help);
            return 0;
        }
        var options = RunOptions.Parse(args);
        var specs = RunFile.Read(options.File);
        if (options.FreeAppPorts) specs = WithFreePorts(specs);
        using var signals = new StopSignals();
        using var mux = new LogMux([.. specs.Select(s => s.Label)]);
        using var log = new ConsoleLog(options.LogLevel, (category, line) => WriteSidecarLine(mux, specs, category, line));
        await using var host = new RuntimeHost(log);
        var sidecars = new List<Sidecar>();
        foreach (var spec in specs)
        {
            var sidecar = new Sidecar(host, spec.Sidecar);
            sidecars.Add(sidecar);
            await sidecar.StartAsync();
        }
        return await RunAsync(specs, sidecars, options, mux, signals);
    }

    private static async Task<int> RunAsync(
        IReadOnlyList<AppSpec> specs, IReadOnlyList<Sidecar> sidecars, RunOptions options, LogMux mux, StopSignals signals)
    {
        var pids = new PidFile(options.PidFile);
        using var stopping = new CancellationTokenSource();
        var apps = specs.Zip(sidecars)
            .Where(pair => pair.First.Command.Count > 0)
            .Select(pair => new AppProcess(pair.First, pair.Second, options, mux, pids))
            .ToList();
        var running = apps.Select(app => app.RunAsync(stopping.Token)).ToList();
        var failed = Task.WhenAny(sidecars.Select(s => s.Failed));
        var asked = Task.WhenAny(sidecars.Select(s => s.StopRequested));
        var anyApp = running.Count == 0 ? signals.Received : Task.WhenAny(running);
        var first = await Task.WhenAny(signals.Received, failed, asked, anyApp);

        await stopping.CancelAsync();
        await EndAsync(apps, running, sidecars, signals);
        pids.Remove();
        if (first == failed) return 1;
        if (first != anyApp || running.Count == 0) return 0;
        foreach (var app in running) _ = await app; // a command that could not be started is told here
        return running.Any(app => app.Result is not 0 and not 143) ? 1 : 0;
    }

    // Apps are drained while all of them still run, for they call each other. A second Ctrl-C kills them.
    private static async Task EndAsync(
        IReadOnlyList<AppProcess> apps, IReadOnlyList<Task<int>> running, IReadOnlyList<Sidecar> sidecars, StopSignals signals)
    {
        var alive = apps.Where((_, i) => !running[i].IsCompleted).Select(app => app.Sidecar);
        var ended = Task.WhenAll(alive.Select(sidecar => sidecar.DrainAsync())).ContinueWith(
            _ => Task.WhenAll(apps.Zip(running).Select(pair => pair.First.StopAsync(pair.Second))), TaskScheduler.Default).Unwrap();
        if (await Task.WhenAny(ended, signals.Insisted) == signals.Insisted)
            foreach (var app in apps) app.Kill();
        await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(sidecars.Select(s => s.DisposeAsync().AsTask()));
    }

    private static IReadOnlyList<AppSpec> WithFreePorts(IReadOnlyList<AppSpec> specs)
    {
        var ports = FreePort.Take(specs.Count);
        return [.. specs.Select((spec, i) => spec.Sidecar.AppPort is null ? spec : spec with { Sidecar = spec.Sidecar with { AppPort = ports[i] } })];
    }

    // Categories are LocalDapr[app id].area: the line belongs to that app.
    private static void WriteSidecarLine(LogMux mux, IReadOnlyList<AppSpec> specs, string category, string line)
    {
        var spec = specs.FirstOrDefault(s => category.StartsWith($"LocalDapr[{s.AppId}]", StringComparison.Ordinal));
        if (spec is null) mux.Write("localdapr", "daprd", line);
        else mux.Write(spec.AppId, "daprd", $"~ {line}", spec.SidecarLog, spec.Folder);
    }
}
