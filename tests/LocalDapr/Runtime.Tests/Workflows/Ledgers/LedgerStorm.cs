using System.Diagnostics;
using LocalDapr.LedgerWorker;
using LocalDapr.Runtime.Tests.Workflows.Crashes;

namespace LocalDapr.Runtime.Tests.Workflows.Ledgers;

/// <summary>How hard it blows.</summary>
/// <param name="Kills">Of the sidecar and of the workers together.</param>
internal sealed record StormOptions(int Workflows, int Callers, int Kills, int Seed)
{
    public int Workers { get; init; } = 2;

    /// <summary>A worker drops its connection after at most so many items.</summary>
    public int MostItems { get; init; } = 500;

    /// <summary>The longest life of a process before it is killed; the shortest may end within its start.</summary>
    public TimeSpan LongestLife { get; init; } = TimeSpan.FromSeconds(1.5);
}

/// <summary>
/// Workflows under load while the sidecar and the workers are killed at random moments. Clients and workers note in ledgers what was
/// acknowledged to them; at the end everything noted must hold.
/// </summary>
internal sealed class LedgerStorm : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ledger");
    private readonly StormOptions _options;
    private readonly MortalSidecar _sidecar;
    private readonly Ledger _ledger;
    private readonly Process?[] _workers;
    private readonly CancellationTokenSource _ending;
    private Task _living = Task.CompletedTask;

    public LedgerStorm(StormOptions options, CancellationToken cancellation)
    {
        _options = options;
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "config"));
        _sidecar = new MortalSidecar(_folder.FullName);
        _ledger = new Ledger(LedgerOf("clients"));
        _workers = new Process?[options.Workers];
        _ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _living;
        await _sidecar.DisposeAsync();
        await _ledger.DisposeAsync();
        _ending.Dispose();
        _folder.Delete(recursive: true);
    }

    public async Task<StormReport> RunAsync()
    {
        var clock = Stopwatch.StartNew();
        await WriteResourcesAsync();
        _living = Task.WhenAll(Enumerable.Range(0, _options.Workers).Select(WorkAsync).Append(_sidecar.KeepAliveAsync(_ending.Token)));
        await using var client = new LedgerClient(_sidecar, _ledger, _options.Seed);
        var calling = client.RunAsync(_options.Workflows, _options.Callers, _ending.Token);
        var (sidecars, workers) = await KillAsync(calling);
        await calling;
        // One more life, which has nothing in memory.
        _sidecar.Kill();
        var workerLedgers = Enumerable.Range(0, _options.Workers).SelectMany(worker => Ledger.Read(LedgerOf($"worker{worker}"))).ToArray();
        var verdict = await new LedgerVerdict(client, Ledger.Read(LedgerOf("clients")), workerLedgers).JudgeAsync(_ending.Token);
        return new StormReport(_options, sidecars, workers, clock.Elapsed, verdict);
    }

    // Kills until there were as many as wanted, or nobody calls any more.
    private async Task<(int Sidecars, int Workers)> KillAsync(Task calling)
    {
        var random = new Random(_options.Seed);
        var (sidecars, workers) = (0, 0);
        while (sidecars + workers < _options.Kills)
        {
            var life = Task.Delay(_options.LongestLife * random.NextDouble(), _ending.Token);
            if (await Task.WhenAny(life, calling) == calling) break;
            var victim = random.Next(3 * _options.Workers);
            if (victim < _options.Workers) workers += Kill(_workers[victim]);
            else
            {
                _sidecar.Kill();
                sidecars++;
            }
        }
        return (sidecars, workers);
    }

    private static int Kill(Process? worker)
    {
        worker?.Kill();
        return worker is null ? 0 : 1;
    }

    // Starts the worker, and again whenever it was killed, until the storm is over.
    private async Task WorkAsync(int number)
    {
        while (!_ending.IsCancellationRequested)
        {
            using var worker = Process.Start(
                Path.Combine(AppContext.BaseDirectory, "LedgerWorker"), [$"{_sidecar.Grpc}", LedgerOf($"worker{number}"), $"{_options.MostItems}"]);
            _workers[number] = worker;
            await worker.WaitForExitAsync(_ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _workers[number] = null;
            worker.Kill();
        }
    }

    private string LedgerOf(string name) => Path.Combine(_folder.FullName, $"{name}.ledger");

    private async Task WriteResourcesAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "state.yaml"), StateStore.Yaml(_folder.FullName));
        await File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, "config", "config.yaml"),
            $$"""
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata: {name: config}
            spec:
              nameResolution: {component: sqlite, configuration: {connectionString: "{{_folder.FullName}}/names.db"} }
            """);
    }
}

/// <summary>What the storm was like, and what was found wrong.</summary>
internal sealed record StormReport(StormOptions Options, int SidecarKills, int WorkerKills, TimeSpan Took, Verdict Verdict)
{
    public override string ToString() =>
        $"{Options.Workflows} workflows by {Options.Callers} callers in {Took.TotalSeconds:F0} s, seed {Options.Seed}; {SidecarKills} kills of the sidecar, "
        + $"{WorkerKills} of workers; {Verdict.Acknowledged} acknowledgements to clients, {Verdict.Given} activities given out, "
        + $"{Verdict.Repeated} of them again before they were acknowledged; {Verdict.Findings.Count} findings";
}
