using System.Diagnostics.CodeAnalysis;
using LocalDapr.Runtime.Actors.Reminders;
using LocalDapr.Runtime.Actors.Schedules;
using LocalDapr.Runtime.Actors.Timers;
using LocalDapr.Runtime.Actors.Turns;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Invocation;
using LocalDapr.Runtime.Resiliency;
using LocalDapr.Runtime.Storage;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.Actors.Hosting;

/// <summary>
/// One app process that hosts actors, from when it is there until it is gone: its active actors and reminders. When the app comes back it is
/// a new host of the same name. Thread-safe.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "LeaveAsync ends the reminders; a host leaves once.")]
internal sealed partial class ActorHost
{
    private static readonly TimeSpan longestIdleScan = TimeSpan.FromSeconds(5);

    private readonly Sidecar _sidecar;
    private readonly Func<ActorKey, CancellationToken, ValueTask<ActorHost>> _locate;
    private readonly ILogger _log;
    private readonly ActorTable _table;
    private readonly ActorReminders _reminders;
    private readonly CancellationTokenSource _ended;
    private Task _idleScan = Task.CompletedTask;
    private Task _draining = Task.CompletedTask;
    private Task _refreshing = Task.CompletedTask;
    private readonly Lock _placementGate = new();
    private readonly Action<ActorHost> _abandoned;
    private readonly ActorMeter _meter;
    private int _gone;

    /// <param name="block">Finds the host of an actor for what fires here and belongs elsewhere by now, and takes the app back.</param>
    public ActorHost(Sidecar sidecar, ToldTypes told, ActorBlock block)
    {
        (_sidecar, Told, _locate, _abandoned, _meter) = (sidecar, told, block.LocateAsync, block.Hosts.Rejoin, block.Meter);
        _log = sidecar.NewLog("Actors");
        _ended = CancellationTokenSource.CreateLinkedTokenSource(sidecar.Stopping);
        var claims = new ActorClaims(actor => IsReady && IsMine(actor), actor => Placement.TryClaim(actor, this), actor => Placement.Release(actor, this));
        _table = new ActorTable(sidecar.Host.Time, DeactivateInAppAsync, claims);
        Database = block.State.Database;
        _reminders = new ActorReminders(new ReminderStore(Database), Placement.FiringReminders, sidecar.Host.Time, FireReminderAsync, _ended.Token);
    }

    /// <summary>What it hosts, and of which app.</summary>
    public ToldTypes Told { get; }

    public string Name => Told.Name;

    /// <summary>The sidecar of the app.</summary>
    public Sidecar Sidecar => _sidecar;

    public ActorTypes Types => Told.Types;

    /// <summary>Where its reminders are, with the state of its actors.</summary>
    public SqliteDatabase Database { get; }

    public ActorReminders Reminders => _reminders;

    public bool IsGone => Volatile.Read(ref _gone) == 1;

    /// <summary>Completes when no turn of the app that was abandoned runs any more.</summary>
    public Task Abandoned { get; private set; } = Task.CompletedTask;

    /// <summary>While the app is not well its types count as not hosted, and its actors leave it.</summary>
    public bool IsReady => _sidecar.App.Health.IsHealthy;

    private ActorPlacement Placement => _sidecar.Host.Actors;

    public bool IsActive(ActorKey actor) => _table.IsActive(actor);

    public int CountOf(string type) => _table.CountOf(type);

    public Task WhenReadyAsync(CancellationToken cancellation) =>
        IsReady ? Task.CompletedTask : _sidecar.App.Health.WaitAsync(cancellation);

    /// <summary>From here on actors live here.</summary>
    public async Task OpenAsync()
    {
        await _reminders.OpenAsync();
        Placement.Changed += FollowPlacement;
        _sidecar.App.Health.Changed += FollowHealth;
        Placement.Add(this);
        _idleScan = ScanIdleAsync();
        LogHosting(Name, string.Join(", ", Types.All.Keys));
    }

    /// <summary>Ends in order: actors are told, calls in flight are waited for as long as their types say.</summary>
    public async Task CloseAsync(CancellationToken limit)
    {
        if (Interlocked.Exchange(ref _gone, 1) == 0) await LeaveAsync();
        await _table.DeactivateAllAsync(limit);
        await _draining.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>
    /// The app has ended: its actors come up on the other hosts. False when there are none; then they wait for the app to come back.
    /// </summary>
    public bool TryAbandon()
    {
        if (IsGone) return true;
        if (!Placement.HasOthers(this)) return false;
        if (Interlocked.Exchange(ref _gone, 1) == 1) return true;
        LogGone(Name);
        _ = LeaveAsync();
        Abandoned = _table.AbandonAllAsync();
        if (Told.App.ComesBackToItsPort) _abandoned(this);
        return true;
    }

    /// <summary>Calls the method in the actor's turn. Null when the actor belongs to another host by now.</summary>
    public async Task<AppResponse?> InvokeAsync(ActorCall call, ResiliencyPolicy inTurn, CancellationToken cancellation)
    {
        var options = Types.Find(call.Actor.Type) ?? throw DaprErrors.ActorNoAddress(call.Actor);
        var chain = options.Reentrant ? call.Chain ?? Guid.NewGuid().ToString() : null;
        if (await _table.EnterAsync(call.Actor, options, chain, cancellation) is not { } actor) return null;
        try
        {
            // A caller that leaves now does not end the turn: the app's code runs on, and no other turn may overlap it.
            if (inTurn.IsNone) return await Told.App.InvokeAsync(call, chain, actor.CutOff);
            return await inTurn.ExecuteAsync(limit => new ValueTask<AppResponse>(Told.App.InvokeAsync(call, chain, limit)), actor.CutOff);
        }
        catch (OperationCanceledException) when (actor.CutOff.IsCancellationRequested)
        {
            throw DaprErrors.ActorInvoke("context canceled");
        }
        finally
        {
            actor.Turns.Exit();
        }
    }

    /// <summary>Fires a timer in the actor's turn. Null when the actor belongs to another host by now.</summary>
    public Task<Firing?> FireTimerAsync(ActorTimer timer, CancellationToken cancellation) =>
        FireHereAsync(new(timer.Actor, (app, limit) => app.FireTimerAsync(timer, limit), static () => { }), cancellation);

    private bool IsMine(ActorKey actor) => Placement.HomeOf(actor) == this;

    private void FollowPlacement()
    {
        // One change after the other: what one of two took up the other might release, by a placement that is no longer.
        lock (_placementGate)
        {
            _reminders.Release(IsMine);
            if (IsGone) return;
            _reminders.Load(Types.All.Keys, IsMine);
            _draining = Task.WhenAll(_draining, _table.DrainAsync(_ended.Token));
        }
    }

    // The probe must not wait for what follows from its answer.
    private void FollowHealth(bool isHealthy) => _refreshing = Task.WhenAll(_refreshing, Task.Run(Placement.Refresh));

    private async Task LeaveAsync()
    {
        _sidecar.App.Health.Changed -= FollowHealth;
        Placement.Remove(this);
        Placement.Changed -= FollowPlacement;
        _reminders.Dispose();
        await _ended.CancelAsync();
        await _idleScan;
        await _refreshing;
    }

    private async Task<Firing> FireReminderAsync(Reminder reminder, Action waits, CancellationToken cancellation)
    {
        var outcome = Firing.Failed;
        try
        {
            outcome = await FireAsync(new(reminder.Actor, (app, limit) => app.RemindAsync(reminder, limit), waits), cancellation);
        }
        catch (DaprError)
        {
            // A stop is no failure of the reminder, which is still due after the next start.
            cancellation.ThrowIfCancellationRequested();
        }

        _meter.ReminderFired(reminder.Actor.Type, outcome == Firing.Taken);
        return outcome;
    }

    private async Task<Firing> FireAsync(Callback callback, CancellationToken cancellation)
    {
        while (true)
        {
            var host = await _locate(callback.Actor, cancellation);
            if (await host.FireHereAsync(callback, cancellation) is { } outcome) return outcome;
        }
    }

    private async Task<Firing?> FireHereAsync(Callback callback, CancellationToken cancellation)
    {
        var key = callback.Actor;
        if (Types.Find(key.Type) is not { } options) return Firing.Taken;
        var turn = _table.EnterAsync(key, options, chain: null, cancellation);
        if (!turn.IsCompleted) callback.Waits();
        if (await turn is not { } actor) return null;
        try
        {
            // As for calls, only the time limit of a policy counts within the turn.
            var inTurn = _sidecar.Resiliency.Actor(key.Type, key.Id) with { Retry = null, Breaker = null };
            return await inTurn.ExecuteAsync(limit => new ValueTask<Firing>(callback.Fire(Told.App, limit)), actor.CutOff);
        }
        catch (OperationCanceledException) when (actor.CutOff.IsCancellationRequested)
        {
            return Firing.Failed;
        }
        catch (TimeoutException)
        {
            return Firing.Failed;
        }
        catch (ActorAppGoneException)
        {
            return TryAbandon() ? null : Firing.Unreached;
        }
        finally
        {
            actor.Turns.Exit();
        }
    }

    private async Task DeactivateInAppAsync(ActorKey actor, CancellationToken cancellation)
    {
        var isTaken = false;
        try
        {
            isTaken = await Told.App.DeactivateAsync(actor, cancellation);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            // The actor has gone all the same.
        }

        _meter.Deactivated(actor.Type, isTaken);
        if (!isTaken) LogDeactivationFailed(actor);
    }

    // Ends with the host. Looks often enough that idleness is noticed within a tenth of the shortest timeout.
    private async Task ScanIdleAsync()
    {
        var shortest = Types.All.Values.Min(options => options.IdleTimeout) / 10;
        var every = shortest < longestIdleScan ? TimeSpan.FromMilliseconds(Math.Max(50, shortest.TotalMilliseconds)) : longestIdleScan;
        using var timer = new PeriodicTimer(every, _sidecar.Host.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_ended.Token)) await _table.DeactivateIdleAsync(_ended.Token);
        }
        catch (OperationCanceledException)
        {
            // The host leaves; what is left is deactivated there.
        }
    }

    /// <summary>A reminder or timer on its way to the app; <c>Waits</c> is told when the turn is not free at once.</summary>
    private sealed record Callback(ActorKey Actor, Func<IActorApp, CancellationToken, Task<Firing>> Fire, Action Waits);

    [LoggerMessage(EventId = 401, Level = LogLevel.Information, Message = "{Host} hosts actor types {Types}")]
    private partial void LogHosting(string host, string types);

    [LoggerMessage(EventId = 404, Level = LogLevel.Warning, Message = "The app did not deactivate actor {Actor}")]
    private partial void LogDeactivationFailed(ActorKey actor);

    [LoggerMessage(EventId = 405, Level = LogLevel.Warning, Message = "The app of {Host} is gone; its actors come up on the other hosts")]
    private partial void LogGone(string host);
}
