using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using LocalDapr.Runtime.Actors.Hosting;
using LocalDapr.Runtime.Actors.Reminders;
using LocalDapr.Runtime.Actors.Schedules;
using LocalDapr.Runtime.Actors.State;
using LocalDapr.Runtime.Actors.Timers;
using LocalDapr.Runtime.Actors.Turns;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Invocation;
using LocalDapr.Runtime.MetadataApi;
using LocalDapr.Runtime.Resiliency;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.Actors;

/// <summary>
/// Virtual actors of one sidecar. Calls of any actor come in here and go to the block that hosts it, in this process; turns, timers,
/// reminders and state belong to the host's block. Thread-safe.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "StopAsync ends timers and reminders; a block is stopped once, in order.")]
internal sealed partial class ActorBlock : IBuildingBlock
{
    private const int HostLookups = 5;

    private static readonly TimeSpan hostLookupDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan longestIdleScan = TimeSpan.FromSeconds(5);

    private readonly Sidecar _sidecar;
    private readonly ILogger _log;
    private readonly AppActors _app;
    private readonly ActorTable _table;
    private readonly ActorTimers _timers;
    private readonly TaskCompletionSource _typesKnown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ActorReminders? _reminders;
    private volatile ActorTypes _types = ActorTypes.None;
    private Task _idleScan = Task.CompletedTask;
    private volatile bool _closed;

    public ActorBlock(Sidecar sidecar)
    {
        _sidecar = sidecar;
        _log = sidecar.NewLog("Actors");
        _app = new AppActors(sidecar.App);
        _table = new ActorTable(sidecar.Host.Time, DeactivateInAppAsync);
        _timers = new ActorTimers(sidecar.Host.Time, FireTimerAsync);
        State = new ActorState(sidecar, _table.IsActive);
        sidecar.Metadata.ActorRuntime = Describe;
    }

    /// <summary>Name of this host among the hosts of a type.</summary>
    public string PlacementName => _sidecar.Options.AppId;

    public ActorState State { get; }

    private ActorPlacement Placement => _sidecar.Host.Actors;

    private ActorReminders Reminders => _reminders ?? throw DaprErrors.ActorReminderNotHosted();

    public void MapHttp(IEndpointRouteBuilder http) => http.MapActors(this, _sidecar.Options.AppId);

    public void MapGrpc(IEndpointRouteBuilder grpc) => ActorGrpcService.Map(grpc, this);

    public async ValueTask StartAsync(CancellationToken cancellation)
    {
        var types = State.Exists ? TypesOfApp() : ActorTypes.None;
        if (types.All.Count > 0) await HostAsync(types);
        _typesKnown.TrySetResult();
    }

    public async ValueTask StopAsync(CancellationToken cancellation)
    {
        _closed = true;
        _typesKnown.TrySetResult();
        Placement.Changed -= FollowPlacement;
        Placement.Remove(this);
        _timers.Dispose();
        _reminders?.Dispose();
        await _idleScan;
        await _table.DeactivateAllAsync(cancellation);
    }

    /// <summary>Calls a method, wherever the actor lives, in its turn.</summary>
    /// <exception cref="DaprError">No host was found, or the app did not answer 200.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up while it waited for its turn.</exception>
    public async Task<AppResponse> InvokeAsync(ActorCall call, CancellationToken cancellation)
    {
        var policy = _sidecar.Resiliency.Actor(call.Actor.Type, call.Actor.Id);
        if (policy.IsNone) return await InvokeOnceAsync(call, policy, cancellation);
        try
        {
            // The time limit is for the turn; waiting for it does not count. Retries give the turn back in between.
            var inTurn = policy with { Retry = null, Breaker = null };
            return await (policy with { Timeout = null }).ExecuteAsync(
                token => new ValueTask<AppResponse>(InvokeOnceAsync(call, inTurn, token)), cancellation);
        }
        catch (Exception error) when (error is CircuitOpenException or TimeoutException)
        {
            throw DaprErrors.ActorInvoke(error.Message);
        }
    }

    public async Task RegisterReminderAsync(ReminderRequest request, bool overwrite)
    {
        EnsureReminders(request.Actor.Type);
        Schedule schedule;
        try
        {
            schedule = Schedule.ForReminder(request.Text, _sidecar.Host.Time.GetUtcNow());
        }
        catch (Exception error) when (error is FormatException or ArgumentOutOfRangeException or OverflowException)
        {
            throw DaprErrors.ActorReminderCreate(error.Message);
        }

        var reminder = new Reminder(request.Actor, request.Name, Random.Shared.NextInt64())
        {
            Data = request.Data,
            DueText = request.Text.DueTime ?? "",
            PeriodText = request.Text.Period ?? "",
            NextDue = schedule.FirstDue,
            Remaining = schedule.Period?.Firings,
            Ends = schedule.Ends,
            Policy = request.Policy,
        };
        await RemindersOf(request.Actor).RegisterAsync(reminder, overwrite);
    }

    public async Task UnregisterReminderAsync(ActorKey actor, string name)
    {
        EnsureReminders(actor.Type);
        await RemindersOf(actor).UnregisterAsync(actor, name);
    }

    /// <summary>Removes all reminders of a type, or of one actor of it.</summary>
    public async Task UnregisterRemindersAsync(string type, string? id)
    {
        EnsureReminders(type);
        foreach (var reminder in Reminders.List(type, id)) await RemindersOf(reminder.Actor).UnregisterAsync(reminder.Actor, reminder.Name);
    }

    public Reminder FindReminder(ActorKey actor, string name)
    {
        EnsureReminders(actor.Type);
        return RemindersOf(actor).Find(actor, name) ?? throw DaprErrors.ActorReminderNotFound(name);
    }

    public List<Reminder> ListReminders(string type, string? id)
    {
        EnsureReminders(type);
        return Reminders.List(type, id);
    }

    public void RegisterTimer(ActorTimer timer)
    {
        if (_types.Find(timer.Actor.Type) is null) throw DaprErrors.ActorTimerCreate("actor type not registered");
        try
        {
            _timers.Register(timer);
        }
        catch (Exception error) when (error is FormatException or ArgumentOutOfRangeException or OverflowException)
        {
            throw DaprErrors.ActorTimerCreate(error.Message);
        }
    }

    public void UnregisterTimer(ActorKey actor, string name) => _timers.Unregister(actor, name);

    private ActorTypes TypesOfApp()
    {
        if (_sidecar.AppConfiguration is not { } answer) return ActorTypes.None;
        try
        {
            return ActorTypes.Parse(answer);
        }
        catch (JsonException error)
        {
            LogBadConfig(error.Message);
            return ActorTypes.None;
        }
    }

    private async Task HostAsync(ActorTypes types)
    {
        _types = types;
        var store = new ReminderStore(State.Database);
        await store.OpenAsync();
        _reminders = new ActorReminders(store, _sidecar.Host.Time, FireReminderAsync, _sidecar.Stopping);
        Placement.Add(this, types.All.Keys);
        Placement.Changed += FollowPlacement;
        _reminders.Load(types.All.Keys, IsMine);
        _idleScan = ScanIdleAsync(types);
        LogHosting(string.Join(", ", types.All.Keys));
    }

    private bool IsMine(ActorKey actor) => Placement.Find(actor) == this;

    private void FollowPlacement()
    {
        Reminders.Release(IsMine);
        Reminders.Load(_types.All.Keys, IsMine);
    }

    private void EnsureReminders(string type)
    {
        if (_types.Find(type) is null) throw DaprErrors.ActorReminderNotHosted();
    }

    private ActorReminders RemindersOf(ActorKey actor) => (Placement.Find(actor) ?? this).Reminders;

    private async ValueTask<ActorBlock> LocateAsync(ActorKey actor, CancellationToken cancellation)
    {
        for (var lookup = 0; ; lookup++)
        {
            if (_closed) throw DaprErrors.ActorRuntimeClosed();
            if (Placement.Find(actor) is { } host)
            {
                var health = host._sidecar.App.Health;
                if (!health.IsHealthy) await health.WaitAsync(cancellation);
                return host;
            }

            // The type may be one of the own app's, which has not told its types yet; or of an app that is just coming up.
            if (!_typesKnown.Task.IsCompleted && _sidecar.App.Exists) await _typesKnown.Task.WaitAsync(cancellation);
            else if (lookup < HostLookups) await Task.Delay(hostLookupDelay, _sidecar.Host.Time, cancellation);
            else throw DaprErrors.ActorNoAddress(actor);
        }
    }

    private async Task<AppResponse> InvokeOnceAsync(ActorCall call, ResiliencyPolicy inTurn, CancellationToken cancellation)
    {
        var host = await LocateAsync(call.Actor, cancellation);
        return await host.InvokeHereAsync(call, inTurn, cancellation);
    }

    private async Task<AppResponse> InvokeHereAsync(ActorCall call, ResiliencyPolicy inTurn, CancellationToken cancellation)
    {
        var options = _types.Find(call.Actor.Type) ?? throw DaprErrors.ActorNoAddress(call.Actor);
        var chain = options.Reentrant ? call.Chain ?? Guid.NewGuid().ToString() : null;
        var actor = await _table.EnterAsync(call.Actor, options, chain, cancellation);
        try
        {
            // A caller that leaves now does not end the turn: the app's code runs on, and no other turn may overlap it.
            if (inTurn.IsNone) return await _app.InvokeAsync(call, chain, CancellationToken.None);
            return await inTurn.ExecuteAsync(limit => new ValueTask<AppResponse>(_app.InvokeAsync(call, chain, limit)), CancellationToken.None);
        }
        finally
        {
            actor.Turns.Exit();
        }
    }

    private async Task<bool> FireReminderAsync(Reminder reminder, CancellationToken cancellation)
    {
        await _sidecar.App.Health.WaitAsync(cancellation);
        if (_types.Find(reminder.Actor.Type) is not { } options) return true;
        var actor = await _table.EnterAsync(reminder.Actor, options, chain: null, cancellation);
        try
        {
            return await _app.RemindAsync(reminder, CancellationToken.None);
        }
        finally
        {
            actor.Turns.Exit();
        }
    }

    private async Task FireTimerAsync(ActorTimer timer)
    {
        try
        {
            var host = await LocateAsync(timer.Actor, _sidecar.Stopping);
            if (!await host.FireTimerHereAsync(timer, _sidecar.Stopping)) LogTimerFailed(timer.Name, timer.Actor);
        }
        catch (Exception error) when (error is DaprError or OperationCanceledException)
        {
            LogTimerFailed(timer.Name, timer.Actor);
        }
    }

    private async Task<bool> FireTimerHereAsync(ActorTimer timer, CancellationToken cancellation)
    {
        if (_types.Find(timer.Actor.Type) is not { } options) return false;
        var actor = await _table.EnterAsync(timer.Actor, options, chain: null, cancellation);
        try
        {
            return await _app.FireTimerAsync(timer, CancellationToken.None);
        }
        finally
        {
            actor.Turns.Exit();
        }
    }

    private async Task DeactivateInAppAsync(ActorKey actor, CancellationToken cancellation)
    {
        try
        {
            if (!await _app.DeactivateAsync(actor, cancellation)) LogDeactivationFailed(actor);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            LogDeactivationFailed(actor);
        }
    }

    // Ends when the sidecar stops. Looks often enough that idleness is noticed within a tenth of the shortest timeout.
    private async Task ScanIdleAsync(ActorTypes types)
    {
        var shortest = types.All.Values.Min(options => options.IdleTimeout) / 10;
        var every = shortest < longestIdleScan ? TimeSpan.FromMilliseconds(Math.Max(50, shortest.TotalMilliseconds)) : longestIdleScan;
        using var timer = new PeriodicTimer(every, _sidecar.Host.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_sidecar.Stopping)) await _table.DeactivateIdleAsync(_sidecar.Stopping);
        }
        catch (OperationCanceledException)
        {
            // The sidecar stops; StopAsync deactivates what is left.
        }
    }

    private ActorRuntimeEntry Describe()
    {
        var known = _typesKnown.Task.IsCompleted;
        var hosting = known && _types.All.Count > 0;
        var status = !State.Exists ? "DISABLED" : known || !_sidecar.App.Exists ? "RUNNING" : "INITIALIZING";
        return new ActorRuntimeEntry(
            status,
            [.. _types.All.Keys.Select(type => new ActiveActors(type, _table.CountOf(type)))],
            HostReady: hosting && _sidecar.App.Health.IsHealthy,
            Placement: State.Exists ? "placement: connected" : "");
    }

    [LoggerMessage(EventId = 401, Level = LogLevel.Information, Message = "Hosting actor types {Types}")]
    private partial void LogHosting(string types);

    [LoggerMessage(EventId = 402, Level = LogLevel.Warning, Message = "The app's answer to /dapr/config is not understood: {Why}")]
    private partial void LogBadConfig(string why);

    [LoggerMessage(EventId = 403, Level = LogLevel.Warning, Message = "The app did not take timer {Timer} of actor {Actor}")]
    private partial void LogTimerFailed(string timer, ActorKey actor);

    [LoggerMessage(EventId = 404, Level = LogLevel.Warning, Message = "The app did not deactivate actor {Actor}")]
    private partial void LogDeactivationFailed(ActorKey actor);
}

/// <summary>A wish to register a reminder.</summary>
internal sealed record ReminderRequest(ActorKey Actor, string Name, ScheduleText Text)
{
    public byte[]? Data { get; init; }

    public FailurePolicy Policy { get; init; } = FailurePolicy.Default;
}
