using System.Diagnostics;
using System.Text;
using Xunit;

namespace LocalDapr.Cli.Tests;

/// <summary><c>localdapr run</c> as a process group of its own, as a terminal starts it.</summary>
public sealed class RunTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("localdapr-run-");
    private readonly StringBuilder _output = new();
    private Process? _process;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        if (_process is { HasExited: false }) Signal("KILL");
        _process?.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Ctrl_C_reaches_the_apps_as_an_order_to_end_and_the_run_ends_with_0()
    {
        Start("trap 'echo saw-INT' INT; trap 'echo saw-TERM; exit 0' TERM; echo up; while :; do sleep 0.1; done");
        await SeenAsync("up");

        Signal("INT");

        Assert.Equal(0, await ExitAsync());
        Assert.Contains("saw-TERM", _output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("saw-INT", _output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("ended by itself", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_Ctrl_C_kills_an_app_that_does_not_end()
    {
        Start("trap 'echo saw-TERM' TERM; echo up; while :; do sleep 0.1; done", "--graceful-seconds", "600");
        await SeenAsync("up");
        Signal("INT");
        await SeenAsync("saw-TERM");

        Signal("INT");

        Assert.Equal(0, await ExitAsync());
    }

    [Fact]
    public async Task An_app_that_fails_and_may_not_be_started_again_ends_the_run_with_1()
    {
        Start("exit 3", "--no-restart");

        Assert.Equal(1, await ExitAsync());
        Assert.Contains("exit code 3", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_is_not_there_is_told_by_name()
    {
        File.WriteAllText(RunFile, "version: 1\napps:\n- {appID: app, appDirPath: ., command: [no-such-command]}\n");
        Launch();

        Assert.Equal(1, await ExitAsync());
        Assert.Contains("there is no no-such-command", _output.ToString(), StringComparison.Ordinal);
    }

    private string RunFile => Path.Combine(_folder.FullName, "dapr.yaml");

    private void Start(string script, params string[] switches)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "app.sh"), script);
        File.WriteAllText(RunFile, "version: 1\napps:\n- {appID: app, appDirPath: ., command: [sh, app.sh]}\n");
        Launch(switches);
    }

    private void Launch(params string[] switches)
    {
        var localdapr = Path.Combine(AppContext.BaseDirectory, "localdapr.dll");
        var start = new ProcessStartInfo("setsid", ["dotnet", localdapr, "run", "-f", RunFile, .. switches])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, e) => Keep(e.Data);
        _process.ErrorDataReceived += (_, e) => Keep(e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Keep(string? line)
    {
        lock (_output) _output.AppendLine(line);
    }

    // To the whole group, as a terminal does.
    private void Signal(string name) => Process.Start("sh", ["-c", $"kill -s {name} -- -{_process!.Id}"]).WaitForExit();

    private async Task SeenAsync(string text)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var left = 3_000; left > 0; left--)
        {
            lock (_output)
                if (_output.ToString().Contains(text, StringComparison.Ordinal))
                    return;
            await timer.WaitForNextTickAsync(Stop);
        }
        Assert.Fail($"'{text}' was not printed:\n{_output}");
    }

    private async Task<int> ExitAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        await _process!.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }
}
