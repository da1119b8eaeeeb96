using System.Diagnostics;
using System.Text;
using Xunit;

namespace LocalDapr.Cli.Tests;

/// <summary><c>localdapr</c> as a process group of its own, as a terminal starts it, and what it prints. Disposing kills what is left of it.</summary>
internal sealed class CliProcess : IDisposable
{
    private readonly StringBuilder _output = new();
    private readonly Process _process;

    private CliProcess(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, e) => Keep(e.Data);
        _process.ErrorDataReceived += (_, e) => Keep(e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static CliProcess Start(params string[] args)
    {
        var localdapr = Path.Combine(AppContext.BaseDirectory, "localdapr.dll");
        // Tests that run under nohup hand on that SIGHUP is ignored, as a terminal does not.
        var start = new ProcessStartInfo("setsid", ["env", "--default-signal=HUP", "dotnet", localdapr, .. args])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        return new CliProcess(Process.Start(start)!);
    }

    public void Dispose()
    {
        if (!_process.HasExited) Signal("KILL");
        _process.Dispose();
    }

    /// <summary>To the whole group, as a terminal does.</summary>
    public void Signal(string name) => Process.Start("sh", ["-c", $"kill -s {name} -- -{_process.Id}"]).WaitForExit();

    public async Task SeenAsync(string text, int times = 1)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var left = 3_000; left > 0; left--)
        {
            if (Output.Split(text).Length > times) return;
            await timer.WaitForNextTickAsync(Stop);
        }
        Assert.Fail($"'{text}' was not printed:\n{Output}");
    }

    public async Task<int> ExitAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    private void Keep(string? line)
    {
        lock (_output) _output.AppendLine(line);
    }
}
