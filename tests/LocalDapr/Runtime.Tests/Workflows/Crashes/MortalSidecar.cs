using System.Diagnostics;
using LocalDapr.Cli.Run;

namespace LocalDapr.Runtime.Tests.Workflows.Crashes;

/// <summary>
/// <c>localdapr sidecar</c> as a process of its own, which its environment tells to die at one of its commits. It comes back on the same
/// ports and files when it has died.
/// </summary>
internal sealed class MortalSidecar(string folder) : IAsyncDisposable
{
    private readonly int _httpPort = FreePort.Take(1)[0];
    private readonly CancellationTokenSource _disposing = new();
    private Process? _process;
    private Task _living = Task.CompletedTask;

    /// <summary>Further flags.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    public int GrpcPort { get; } = FreePort.Take(1)[0];

    public Uri Http => new($"http://127.0.0.1:{_httpPort}");

    public Uri Grpc => new($"http://127.0.0.1:{GrpcPort}");

    public int Deaths { get; private set; }

    /// <summary>Starts the process; again without the switch whenever it has died, until it is disposed.</summary>
    public Task KeepAliveAsync(string crashSwitch, int commit, CancellationToken cancellation) => _living = KeepAliveAsync((crashSwitch, commit), cancellation);

    /// <summary>Starts the process, and again whenever it has died.</summary>
    public Task KeepAliveAsync(CancellationToken cancellation) => _living = KeepAliveAsync(crash: null, cancellation);

    /// <summary>As <c>kill -9</c>.</summary>
    public void Kill() => _process?.Kill();

    private async Task KeepAliveAsync((string Switch, int Commit)? crash, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _disposing.Token);
        try
        {
            for (var life = 0; ; life++)
            {
                _process = Start(life == 0 ? crash : null);
                // Both pipes are read, or a full one would stop the process.
                await Task.WhenAll(
                    _process.StandardOutput.ReadToEndAsync(over.Token), _process.StandardError.ReadToEndAsync(over.Token),
                    _process.WaitForExitAsync(over.Token));
                Deaths++;
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The scenario is over.
        }
    }

    public async ValueTask DisposeAsync()
    {
        // First, or what is killed here would be started again: beside all the tests that come after one that failed.
        await _disposing.CancelAsync();
        await _living.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _disposing.Dispose();
        if (_process is null) return;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private Process Start((string Switch, int Commit)? crash)
    {
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "localdapr"),
            [
                "sidecar", "--app-id", "mortal", "--dapr-http-port", $"{_httpPort}", "--dapr-grpc-port", $"{GrpcPort}",
                "--resources-path", folder, "--config", Path.Combine(folder, "config", "config.yaml"), "--log-level", "error", .. Flags,
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in Variables) start.Environment[name] = value;
        if (crash is { } at) start.Environment[at.Switch] = at.Commit.ToString();
        return Process.Start(start)!;
    }
}
