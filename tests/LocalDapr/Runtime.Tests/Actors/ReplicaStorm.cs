using System.Diagnostics;
using System.Net;
using LocalDapr.Cli.Run;
using LocalDapr.Runtime.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace LocalDapr.Runtime.Tests.Actors;

/// <summary>What a storm was like.</summary>
/// <param name="Twice">Calls that found their actor active in another process at the same time.</param>
/// <param name="Failed">Calls that got no answer: those in flight in a process that was killed.</param>
internal sealed record StormOutcome(int Answered, int Failed, int Twice, int Kills, int Moved, string? FirstFailure);

/// <summary>
/// Replicas of one app, each a process that is killed and started again at random, under calls of many actors through all of their sidecars.
/// </summary>
internal sealed class ReplicaStorm : IAsyncDisposable
{
    public const string ActorType = "Storm";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("replica-storm");
    private readonly RuntimeHost _host = new(NullLoggerFactory.Instance);
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly List<Process> _apps = [];
    private readonly List<int> _ports = [];
    private readonly List<Sidecar> _sidecars = [];

    public IReadOnlyList<Sidecar> Sidecars => _sidecars;

    public static async Task<ReplicaStorm> StartAsync(int replicas, CancellationToken cancellation)
    {
        var storm = new ReplicaStorm();
        await File.WriteAllTextAsync(Path.Combine(storm._folder.FullName, "state.yaml"), StateStore.Yaml(storm._folder.FullName), cancellation);
        for (var i = 0; i < replicas; i++)
        {
            storm._ports.Add(FreePort.Take(1)[0]);
            storm._apps.Add(storm.Launch(storm._ports[i]));
            var sidecar = new Sidecar(storm._host, new SidecarOptions
            {
                AppId = "storm", AppPort = storm._ports[i], HttpPort = 0, GrpcPort = 0, ResourcesPaths = [storm._folder.FullName],
            });
            storm._sidecars.Add(sidecar);
            await sidecar.StartAsync();
        }

        foreach (var sidecar in storm._sidecars) await sidecar.Ready.WaitAsync(TimeSpan.FromSeconds(60), cancellation);
        return storm;
    }

    /// <summary>Calls <paramref name="method"/> of an actor through one of the sidecars; the answer's body is the process id of its host.</summary>
    public async Task<(HttpStatusCode Status, string Body)> CallAsync(int actor, string method, int through, CancellationToken cancellation)
    {
        var url = $"http://127.0.0.1:{_sidecars[through % _sidecars.Count].HttpPort}/v1.0/actors/{ActorType}/{actor}/method/{method}";
        using var answer = await _http.PostAsync(new Uri(url), null, cancellation);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(cancellation));
    }

    /// <summary>Registers a reminder that fires once; whether the sidecar took it.</summary>
    public async Task<bool> RemindAsync(int actor, TimeSpan due, int through, CancellationToken cancellation)
    {
        var url = $"http://127.0.0.1:{_sidecars[through % _sidecars.Count].HttpPort}/v1.0/actors/{ActorType}/{actor}/reminders/r";
        using var body = new StringContent($$"""{"dueTime":"{{(long)due.TotalMilliseconds}}ms"}""");
        using var answer = await _http.PostAsync(new Uri(url), body, cancellation);
        return answer.IsSuccessStatusCode;
    }

    /// <summary>The actors whose reminder has fired, in whatever process.</summary>
    public HashSet<int> Reminded() =>
        [.. _folder.GetFiles("locks.*").SelectMany(file => File.ReadLines(file.FullName)).Where(line => line.Length > 0).Select(int.Parse)];

    public int ProcessOf(int replica) => _apps[replica].Id;

    /// <summary>SIGKILL, as <c>kill -9</c>.</summary>
    public async Task KillAsync(int replica, CancellationToken cancellation)
    {
        _apps[replica].Kill();
        await _apps[replica].WaitForExitAsync(cancellation);
        _apps[replica].Dispose();
    }

    public void Restart(int replica) => _apps[replica] = Launch(_ports[replica]);

    /// <summary>Runs the storm; the seed decides on calls and kills, though not on their order in time.</summary>
    public async Task<StormOutcome> RunAsync(int actors, int callers, int kills, int seed, CancellationToken cancellation)
    {
        var (answered, failed, twice, moved, ended) = (0, 0, 0, 0, false);
        string? failure = null;
        var homes = new string?[actors];
        var calling = Enumerable.Range(0, callers).Select(caller => Task.Run(
            async () =>
            {
                var random = new Random(seed + caller);
                while (!Volatile.Read(ref ended))
                {
                    var actor = random.Next(actors);
                    var (status, body) = await CallAsync(actor, random.Next(20) == 0 ? "slow" : "touch", random.Next(_sidecars.Count), cancellation);
                    if (status == HttpStatusCode.OK)
                    {
                        Interlocked.Increment(ref answered);
                        if (Interlocked.Exchange(ref homes[actor], body) is { } before && before != body) Interlocked.Increment(ref moved);
                        continue;
                    }

                    Interlocked.Increment(ref failed);
                    Interlocked.CompareExchange(ref failure, body, null);
                    // As a client would: a process that is dying takes connections it will not answer.
                    await PassAsync(TimeSpan.FromMilliseconds(100), cancellation);
                    if (body.Contains("TWICE", StringComparison.Ordinal)) Interlocked.Increment(ref twice);
                }
            },
            cancellation)).ToList();
        var dice = new Random(seed);
        for (var kill = 0; kill < kills; kill++)
        {
            await PassAsync(TimeSpan.FromMilliseconds(dice.Next(200, 900)), cancellation);
            var replica = dice.Next(_apps.Count);
            await KillAsync(replica, cancellation);
            await PassAsync(TimeSpan.FromMilliseconds(dice.Next(0, 400)), cancellation);
            Restart(replica);
        }

        await PassAsync(TimeSpan.FromSeconds(1), cancellation);
        // A slow machine answers fewer in the same time: for at most a minute more, until there is enough to judge.
        for (var left = 600; left > 0 && (Volatile.Read(ref answered) <= 500 || Volatile.Read(ref moved) == 0); left--)
            await PassAsync(TimeSpan.FromMilliseconds(100), cancellation);
        Volatile.Write(ref ended, true);
        await Task.WhenAll(calling);
        return new StormOutcome(answered, failed, twice, kills, moved, failure);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        foreach (var app in _apps)
        {
            app.Kill();
            await app.WaitForExitAsync();
            app.Dispose();
        }

        _http.Dispose();
        _folder.Delete(recursive: true);
    }

    private static async Task PassAsync(TimeSpan time, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(time + TimeSpan.FromMilliseconds(1));
        await timer.WaitForNextTickAsync(cancellation);
    }

    private Process Launch(int port) => Process.Start(new ProcessStartInfo(
        Path.Combine(AppContext.BaseDirectory, "ActorApp"), [port.ToString(), Path.Combine(_folder.FullName, "locks")]))!;
}
