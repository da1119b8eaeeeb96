using LocalDapr.Cli.Logs;
using LocalDapr.Runtime.Hosting;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Cli.SidecarCommand;

/// <summary><c>localdapr sidecar</c>: one sidecar until SIGTERM, SIGINT or a shutdown over the API; SIGHUP begins it anew.</summary>
internal static class RunSidecar
{
    public static async Task<int> ExecuteAsync(string[] args)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            Console.WriteLine(Flags.Help);
            return 0;
        }
        var flags = Flags.Parse(args);
        if (flags.Switch("version"))
        {
            Console.WriteLine(RuntimeHost.RuntimeVersion);
            return 0;
        }
        using var log = new ConsoleLog(ConsoleLog.Parse(flags.Text("log-level") ?? "info"), static (_, line) => Console.WriteLine(line));
        foreach (var note in flags.Notes) log.CreateLogger("LocalDapr").LogDebug("{Note}", note);

        using var signals = new StopSignals(hangUpStops: false);
        while (true)
        {
            if (await ServeAsync(flags, log, signals) is { } code) return code;
            if (signals.Received.IsCompleted) return 0;
            log.CreateLogger("LocalDapr").LogInformation("SIGHUP: configuration and resources are read again");
        }
    }

    // Null when it is to begin anew, as daprd does on SIGHUP.
    private static async Task<int?> ServeAsync(Flags flags, ConsoleLog log, StopSignals signals)
    {
        await using var host = new RuntimeHost(log);
        await using var sidecar = new Sidecar(host, SidecarFlags.Read(flags));
        await sidecar.StartAsync();
        var hungUp = signals.HungUpAsync();
        var ended = await Task.WhenAny(signals.Received, sidecar.StopRequested, sidecar.Failed, hungUp);
        if (ended == hungUp) return null;
        if (ended == sidecar.Failed) return 1;
        if (ended != sidecar.StopRequested || !await sidecar.StopRequested) return 0;
        // A forced shutdown leaves nothing in order: the exit code tells.
        await Task.Delay(TimeSpan.FromMilliseconds(100));
        return 1;
    }
}
