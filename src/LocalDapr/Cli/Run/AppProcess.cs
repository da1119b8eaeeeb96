using System.ComponentModel;
using System.Diagnostics;
using LocalDapr.Cli.Logs;
using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Cli.Run;

/// <summary>The process of one app: started with the environment that dapr run gives, watched, started again, ended in order.</summary>
internal sealed class AppProcess(AppSpec spec, Sidecar sidecar, RunOptions options, LogMux log, PidFile pids)
{
    private readonly Lock _lock = new();
    private Process? _process;
    private bool _stopping;

    public Sidecar Sidecar => sidecar;

    /// <summary>Runs until stopped, or until an app that may not be restarted has ended; gives its last exit code.</summary>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var pauses = new RestartPauses();
        while (true)
        {
            var born = Stopwatch.GetTimestamp();
            using var process = Start();
            var copying = Task.WhenAll(CopyAsync(process.StandardOutput), CopyAsync(process.StandardError));
            await process.WaitForExitAsync(CancellationToken.None);
            await copying;
            lock (_lock)
                if (_stopping || cancellation.IsCancellationRequested)
                    return process.ExitCode;
            if (!options.Restart)
            {
                Say($"### {spec.Label} ended by itself with exit code {process.ExitCode}");
                return process.ExitCode;
            }
            var pause = pauses.After(Stopwatch.GetElapsedTime(born));
            Say($"### {spec.Label} ended by itself with exit code {process.ExitCode}: starting it again in {pause.TotalSeconds:0.#} s");
            try
            {
                await Task.Delay(pause, cancellation);
            }
            catch (OperationCanceledException)
            {
                return process.ExitCode;
            }
        }
    }

    /// <summary>SIGTERM to the app and what it started, SIGKILL after the graceful time.</summary>
    public async Task StopAsync(Task<int> running)
    {
        Process? process;
        lock (_lock) (_stopping, process) = (true, _process);
        if (process is not null) Signal(process, Signals.Terminate);
        if (await Task.WhenAny(running, Task.Delay(options.Graceful)) == running) return;
        Say($"### {spec.Label} did not stop within {options.Graceful.TotalSeconds:0} s and is killed");
        if (process is not null) Signal(process, Signals.Kill);
        await running;
    }

    /// <summary>SIGKILL, at once.</summary>
    public void Kill()
    {
        Process? process;
        lock (_lock) (_stopping, process) = (true, _process);
        if (process is not null) Signal(process, Signals.Kill);
    }

    // A terminal sends Ctrl-C to all processes of its group. An app must not hear of it: it is drained first, and then told to end.
    private ProcessStartInfo StartInfo() => OperatingSystem.IsWindows()
        ? new ProcessStartInfo(spec.Command[0], spec.Command.Skip(1))
        : new ProcessStartInfo("/bin/sh", ["-c", "trap '' INT; exec \"$@\"", "sh", .. spec.Command]);

    private void RequireCommand()
    {
        var command = spec.Command[0];
        var path = spec.Environment.GetValueOrDefault("PATH") ?? Environment.GetEnvironmentVariable("PATH") ?? "";
        var places = command.Contains('/') ? [spec.Folder] : path.Split(Path.PathSeparator);
        if (OperatingSystem.IsWindows() || places.Any(place => File.Exists(Path.Combine(place, command)))) return;
        throw new StartupException($"app {spec.AppId}: cannot start '{string.Join(' ', spec.Command)}' in {spec.Folder}: there is no {command}");
    }

    private Process Start()
    {
        RequireCommand();
        var start = StartInfo();
        Configure(start);
        try
        {
            lock (_lock)
            {
                _process = Process.Start(start)!;
                _process.StandardInput.Close();
                pids.Set(spec.Label, _process.Id);
                if (_stopping) Signal(_process, Signals.Terminate);
                return _process;
            }
        }
        catch (Win32Exception error)
        {
            throw new StartupException($"app {spec.AppId}: cannot start '{string.Join(' ', spec.Command)}' in {spec.Folder}: {error.Message}", error);
        }
    }

    private void Configure(ProcessStartInfo start)
    {
        start.WorkingDirectory = spec.Folder;
        (start.RedirectStandardOutput, start.RedirectStandardError, start.RedirectStandardInput) = (true, true, true);
        foreach (var (name, value) in AppEnvironment.Of(spec, sidecar)) start.Environment[name] = value;
    }

    private async Task CopyAsync(StreamReader from)
    {
        while (await from.ReadLineAsync() is { } line) log.Write(spec.Label, "app", line, spec.AppLog, spec.Folder);
    }

    private void Say(string line) => log.Write(spec.Label, "app", line);

    private static void Signal(Process process, int signal)
    {
        try
        {
            // 'dotnet run' and shells have the app as a child: all of them are told.
            foreach (var pid in ProcessTree.Of(process.Id)) Signals.Send(pid, signal);
        }
        catch (InvalidOperationException)
        {
            // It has ended meanwhile.
        }
    }
}
