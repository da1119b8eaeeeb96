using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using LocalDapr.Runtime.Hosting;

namespace LocalDapr.Runtime.Actors.Hosting;

/// <summary>
/// The hosts of one sidecar's app: one for its port, or one for each stream that it keeps. They are there while there is a store; opening and
/// closing come one after the other. Thread-safe.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore holds no handle.")]
internal sealed class ActorHosts(Sidecar sidecar, ActorBlock block)
{
    private readonly SemaphoreSlim _changing = new(1);
    private readonly Lock _telling = new();

    // Types are told on, also where there is no store to host them with.
    private ImmutableArray<ToldTypes> _told = [];
    private ImmutableArray<ActorHost> _all = [];
    private Task _rejoining = Task.CompletedTask;
    private int _lastStream;
    private volatile bool _closed;
    private volatile bool _streamEnded;

    /// <summary>The hosts, also those whose app has gone while its last turns run.</summary>
    public ImmutableArray<ActorHost> All => _all;

    /// <summary>What the app has told, whether it is hosted or not.</summary>
    public IEnumerable<string> Types => _told.SelectMany(static told => told.Types.All.Keys).Distinct();

    /// <summary>The last stream that named types has ended, and no other has come.</summary>
    public bool StreamEnded => _streamEnded;

    public bool IsClosed => _closed;

    public ActorHost? Ready(string type) =>
        _all.LastOrDefault(host => host.Types.Find(type) is not null) is { IsReady: true } host ? host : null;

    /// <summary>The app behind its port hosts these types.</summary>
    public Task OpenAsync(ActorTypes types) =>
        // The port tells replicas of an app apart, and is the same when one comes back.
        OpenAsync(new ToldTypes(new AppActors(sidecar.App), types, $"{sidecar.Options.AppId}:{sidecar.Options.AppPort}"));

    /// <summary>The app behind a stream hosts these types.</summary>
    public async Task<ToldTypes> OpenAsync(IActorApp app, ActorTypes types)
    {
        var told = new ToldTypes(app, types, $"{sidecar.Options.AppId}~{Interlocked.Increment(ref _lastStream)}");
        await OpenAsync(told);
        return told;
    }

    /// <summary>The stream has ended.</summary>
    public async Task CloseAsync(ToldTypes told, CancellationToken limit)
    {
        lock (_telling)
        {
            _told = _told.Remove(told);
            if (told.Types.All.Count > 0 && _told.All(static other => other.Types.All.Count == 0)) _streamEnded = true;
        }

        await InTurnAsync(() => CloseInTurnAsync(told, limit), limit);
    }

    /// <summary>For good.</summary>
    public async Task CloseAsync(CancellationToken limit)
    {
        _closed = true;
        await _rejoining;
        await InTurnAsync(
            async () =>
            {
                foreach (var host in _all) await host.CloseAsync(limit);
            },
            limit);
    }

    /// <summary>Actors leave a store that has gone, or is another one, and come up when there is one.</summary>
    public Task ReloadAsync(CancellationToken cancellation) => InTurnAsync(
        async () =>
        {
            foreach (var told in _told)
                if (told.Host is { IsGone: false } host && !(block.State.Exists && block.State.Database == host.Database))
                    await CloseInTurnAsync(told, cancellation);
            foreach (var told in _told) await OpenInTurnAsync(told);
        },
        cancellation);

    /// <summary>The app of a host has ended while others go on: it is a host again as soon as it listens again.</summary>
    public void Rejoin(ActorHost gone) => _rejoining = Task.WhenAll(_rejoining, RejoinAsync(gone));

    private Task OpenAsync(ToldTypes told)
    {
        lock (_telling)
        {
            _told = _told.Add(told);
            _streamEnded = false;
        }

        return InTurnAsync(() => OpenInTurnAsync(told), sidecar.Stopping);
    }

    private async Task InTurnAsync(Func<Task> change, CancellationToken cancellation)
    {
        await _changing.WaitAsync(cancellation);
        try
        {
            await change();
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task OpenInTurnAsync(ToldTypes told)
    {
        if (told.Host is not null || told.Types.All.Count == 0 || !block.State.Exists || _closed) return;
        var host = told.Host = new ActorHost(sidecar, told, block);
        ImmutableInterlocked.Update(ref _all, static (hosts, added) => hosts.Add(added), host);
        await host.OpenAsync();
    }

    private async Task CloseInTurnAsync(ToldTypes told, CancellationToken limit)
    {
        if (told.Host is not { } host) return;
        await host.CloseAsync(limit);
        ImmutableInterlocked.Update(ref _all, static (hosts, gone) => hosts.Remove(gone), host);
        told.Host = null;
    }

    private async Task RejoinAsync(ActorHost gone)
    {
        try
        {
            await sidecar.App.WaitForPortAsync(sidecar.Stopping);
            await sidecar.App.Health.WaitAsync(sidecar.Stopping);
            await InTurnAsync(
                () =>
                {
                    gone.Told.Host = null;
                    return OpenInTurnAsync(gone.Told);
                },
                sidecar.Stopping);
            // Until its last turn has ended, an app that only stopped to listen may still write its actors' state.
            await gone.Abandoned;
            ImmutableInterlocked.Update(ref _all, static (hosts, host) => hosts.Remove(host), gone);
        }
        catch (OperationCanceledException)
        {
            // The sidecar stops before the app was back.
        }
    }
}
