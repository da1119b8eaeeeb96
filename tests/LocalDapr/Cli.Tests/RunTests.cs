using Xunit;

namespace LocalDapr.Cli.Tests;

/// <summary><c>localdapr run</c> as a process group of its own, as a terminal starts it.</summary>
public sealed class RunTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("localdapr-run-");
    private CliProcess? _cli;

    public void Dispose()
    {
        _cli?.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Ctrl_C_reaches_the_apps_as_an_order_to_end_and_the_run_ends_with_0()
    {
        Start("trap 'echo saw-INT' INT; trap 'echo saw-TERM; exit 0' TERM; echo traps-are-set; while :; do sleep 0.1; done");
        await _cli!.SeenAsync("traps-are-set");

        _cli!.Signal("INT");

        Assert.Equal(0, await _cli!.ExitAsync());
        Assert.Contains("saw-TERM", _cli!.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("saw-INT", _cli!.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("ended by itself", _cli!.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_Ctrl_C_kills_an_app_that_does_not_end()
    {
        Start("trap 'echo saw-TERM' TERM; echo traps-are-set; while :; do sleep 0.1; done", "--graceful-seconds", "600");
        await _cli!.SeenAsync("traps-are-set");
        _cli!.Signal("INT");
        await _cli!.SeenAsync("saw-TERM");

        _cli!.Signal("INT");

        Assert.Equal(0, await _cli!.ExitAsync());
    }

    [Fact]
    public async Task An_app_that_fails_and_may_not_be_started_again_ends_the_run_with_1()
    {
        Start("exit 3", "--no-restart");

        Assert.Equal(1, await _cli!.ExitAsync());
        Assert.Contains("exit code 3", _cli!.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_is_not_there_is_told_by_name()
    {
        File.WriteAllText(RunFile, "version: 1\napps:\n- {appID: app, appDirPath: ., command: [no-such-command]}\n");
        Launch();

        Assert.Equal(1, await _cli!.ExitAsync());
        Assert.Contains("there is no no-such-command", _cli!.Output, StringComparison.Ordinal);
    }

    private string RunFile => Path.Combine(_folder.FullName, "dapr.yaml");

    private void Start(string script, params string[] switches)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "app.sh"), script);
        File.WriteAllText(RunFile, "version: 1\napps:\n- {appID: app, appDirPath: ., command: [sh, app.sh]}\n");
        Launch(switches);
    }

    private void Launch(params string[] switches) => _cli = CliProcess.Start(["run", "-f", RunFile, .. switches]);
}
