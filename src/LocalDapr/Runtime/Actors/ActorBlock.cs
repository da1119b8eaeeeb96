using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using LocalDapr.Runtime.Actors.Hosting;
using LocalDapr.Runtime.Actors.Reminders;
using LocalDapr.Runtime.Actors.Schedules;
using LocalDapr.Runtime.Actors.State;
using LocalDapr.Runtime.Actors.Streaming;
using LocalDapr.Runtime.Actors.Timers;
using LocalDapr.Runtime.Actors.Turns;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Invocation;
using LocalDapr.Runtime.MetadataApi;
using LocalDapr.Runtime.Resiliency;
using LocalDapr.Runtime.Telemetry.Traces;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace LocalDapr.Runtime.Actors;

/// <summary>
/// Virtual actors of one sidecar. Calls of any actor come in here and go to the host it lives on, in this process; turns and reminders belong
/// to the host. Timers belong to the sidecar they were registered at, and outlive hosts of its app. Thread-safe.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "StopAsync ends timers and meter.")]
internal sealed partial class ActorBlock : IBuildingBlock
{
    private const int HostLookups = 5;

    private static readonly TimeSpan hostLookupDelay = TimeSpan.FromSeconds(1);

    private readonly Sidecar _sidecar;
    private readonly ILogger _log;
    private readonly ActorTimers _timers;
    private readonly TaskCompletionSource _typesKnown = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ActorBlock(Sidecar sidecar)
    {
        _sidecar = sidecar;
        _log = sidecar.NewLog("Actors");
        CallerIdentity = ActorHeaders.IdentityOf(sidecar.Options);
        Meter = new ActorMeter(sidecar.Options.AppId);
        State = new ActorState(sidecar, actor => Hosts!.All.Any(host => host.IsActive(actor)));
        Hosts = new ActorHosts(sidecar, this);
        _timers = new ActorTimers(sidecar.Host.Time, FireTimerAsync);
        sidecar.Metadata.ActorRuntime = Describe;
    }

    public ActorState State { get; }

    public ActorHosts Hosts { get; }

    public ActorMeter Meter { get; }

    /// <summary>The headers by which an actor knows who calls it through this sidecar.</summary>
    public KeyValuePair<string, string>[] CallerIdentity { get; }

    public CancellationToken Stopping => _sidecar.Stopping;

    /// <summary>Actors over a stream are for apps that do not have an HTTP port to be called on.</summary>
    public bool AcceptsStreams => !_sidecar.App.Exists || _sidecar.App.IsGrpc;

    private ActorPlacement Placement => _sidecar.Host.Actors;

    public void MapHttp(IEndpointRouteBuilder http) => http.MapActors(this);

    public void MapGrpc(IEndpointRouteBuilder grpc)
    {
        ActorGrpcService.Map(grpc, this);
        grpc.MapActorStream(this);
    }

    public async ValueTask StartAsync(CancellationToken cancellation)
    {
        await Hosts.OpenAsync(TypesOfApp());
        _typesKnown.TrySetResult();
    }

    public ValueTask ReloadAsync(CancellationToken cancellation) => new(Hosts.ReloadAsync(cancellation));

    public ValueTask DrainAsync(CancellationToken limit) => StopAsync(limit);

    // The second time finds nothing left to do.
    public async ValueTask StopAsync(CancellationToken cancellation)
    {
        if (Hosts.IsClosed) return;
        var closing = Hosts.CloseAsync(cancellation);
        _typesKnown.TrySetResult();
        _timers.Dispose();
        await closing;
        Meter.Dispose();
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
                token => new ValueTask<AppResponse>(InvokeOnceAsync(call, inTurn, token)),
                static answer => AppActors.IsError(answer) ? default(Failure) : null,
                static error => error is not DaprError { IsFinal: true },
                cancellation);
        }
        catch (Exception error) when (error is CircuitOpenException or TimeoutException)
        {
            throw DaprErrors.ActorInvoke(error.Message);
        }
    }

    public async Task RegisterReminderAsync(ReminderRequest request, bool overwrite)
    {
        var own = HostOf(request.Actor.Type);
        if (request.Actor.WhyNoReminder(request.Name) is { } wrong) throw DaprErrors.ActorReminderCreate(wrong);
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
            TtlText = request.Text.Ttl ?? "",
            NextDue = schedule.FirstDue,
            Remaining = schedule.Period?.Firings,
            Ends = schedule.Ends,
            Policy = request.Policy,
        };
        var home = RemindersOf(request.Actor, own);
        await home.RegisterAsync(reminder, overwrite);
        if (reminder.IsOver) return;
        // The actor may have got another home meanwhile, which read the store before the reminder was there.
        for (var now = RemindersOf(request.Actor, own); now != home; now = RemindersOf(request.Actor, own)) (home = now).TakeUp(reminder);
    }

    public Task UnregisterReminderAsync(ActorKey actor, string name)
    {
        var own = HostOf(actor.Type);
        if (actor.WhyNoReminder(name) is { } wrong) throw DaprErrors.ActorReminderDelete(wrong);
        return RemindersOf(actor, own).UnregisterAsync(actor, name);
    }

    /// <summary>Removes all reminders of a type, or of one actor of it.</summary>
    public async Task UnregisterRemindersAsync(string type, string? id)
    {
        var own = HostOf(type);
        foreach (var reminder in own.Reminders.List(type, id))
            await RemindersOf(reminder.Actor, own).UnregisterAsync(reminder.Actor, reminder.Name);
    }

    public Reminder FindReminder(ActorKey actor, string name)
    {
        var own = HostOf(actor.Type);
        if (actor.WhyNoReminder(name) is { } wrong) throw DaprErrors.ActorReminderGet(wrong);
        return own.Reminders.Find(actor, name) ?? throw DaprErrors.ActorReminderNotFound(name);
    }

    public List<Reminder> ListReminders(string type, string? id) => HostOf(type).Reminders.List(type, id);

    public void RegisterTimer(ActorTimer timer)
    {
        if (Hosts.Ready(timer.Actor.Type) is null)
            throw DaprErrors.ActorTimerCreate($"can't create timer for actor {timer.Actor.Type}||{timer.Actor.Id}: actor type not registered");
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

    /// <summary>
    /// The host that has the actor, or is to have it; one that is coming up is waited for, unless a policy says how to try again.
    /// </summary>
    /// <exception cref="DaprError">There is no host of the type.</exception>
    public async ValueTask<ActorHost> LocateAsync(ActorKey actor, CancellationToken cancellation)
    {
        for (var lookup = 0; ; lookup++)
        {
            if (Hosts.IsClosed) throw DaprErrors.ActorRuntimeClosed();
            if (Placement.Find(actor) is { } host)
            {
                // An actor that is to leave an app which is not well for another ends its turn there first.
                if (!host.IsReady && Placement.HomeOf(actor) == host) await host.WhenReadyAsync(cancellation);
                return host;
            }

            // The type may be one of the own app's, which has not told its types yet; or of an app that is just coming up.
            if (!_typesKnown.Task.IsCompleted && _sidecar.App.Exists) await _typesKnown.Task.WaitAsync(cancellation);
            else if (lookup < HostLookups && !_sidecar.Resiliency.NamesActor(actor.Type)) await Task.Delay(hostLookupDelay, _sidecar.Host.Time, cancellation);
            else throw DaprErrors.ActorNoAddress(actor);
        }
    }

    private ActorHost HostOf(string type) => Hosts.Ready(type) ?? throw DaprErrors.ActorReminderNotHosted();

    private ActorReminders RemindersOf(ActorKey actor, ActorHost own) => (Placement.HomeOf(actor) ?? own).Reminders;

    private async Task FireTimerAsync(ActorTimer timer)
    {
        Firing? outcome = null;
        try
        {
            while (outcome is null) outcome = await (await LocateAsync(timer.Actor, _sidecar.Stopping)).FireTimerAsync(timer, _sidecar.Stopping);
        }
        catch (Exception error) when (error is DaprError or OperationCanceledException)
        {
            // It counts as one that failed.
        }

        Meter.TimerFired(timer.Actor.Type, outcome == Firing.Taken);
        if (outcome != Firing.Taken) LogTimerFailed(timer.Name, timer.Actor);
    }

    private async Task<AppResponse> InvokeOnceAsync(ActorCall call, ResiliencyPolicy inTurn, CancellationToken cancellation)
    {
        while (true)
        {
            var host = await LocateAsync(call.Actor, cancellation);
            try
            {
                // Null: the actor moved while this call waited for its turn.
                if (await SendAsync(host, call, inTurn, cancellation) is { } answer) return answer;
            }
            catch (ActorAppGoneException gone)
            {
                // The call has not reached the app, so it may go to the host that has the actor next.
                if (!host.TryAbandon()) throw DaprErrors.ActorInvoke(gone.Message);
            }
        }
    }

    private async Task<AppResponse?> SendAsync(ActorHost host, ActorCall call, ResiliencyPolicy inTurn, CancellationToken cancellation)
    {
        if (host.Sidecar == _sidecar) return await host.InvokeAsync(call, inTurn, cancellation);
        try
        {
            return host.Sidecar.Spans is not { } spans
                ? await host.InvokeAsync(call, inTurn, cancellation)
                : await CalleeSpans.CallActorAsync(spans, call, traced => host.InvokeAsync(traced, inTurn, cancellation));
        }
        catch (DaprError error)
        {
            throw DaprErrors.ActorInvokeRemote(error);
        }
    }

    private ActorRuntimeEntry Describe()
    {
        var hosts = Hosts.All.RemoveAll(static host => host.IsGone);
        // Types that are away because the app is not well, or has ended its stream, are yet to come, as at the start.
        if ((_sidecar.App.Exists && !_typesKnown.Task.IsCompleted) || Hosts.StreamEnded || hosts.Any(static host => !host.IsReady))
            return new ActorRuntimeEntry("INITIALIZING", [], HostReady: false, Placement: "");
        return new ActorRuntimeEntry(
            "RUNNING",
            [.. Hosts.Types.Select(type => new ActiveActors(type, hosts.Sum(host => host.CountOf(type))))],
            HostReady: true,
            Placement: "placement: connected");
    }

    [LoggerMessage(
        EventId = 402, Level = LogLevel.Error, Message = "The app hosts no actors, as its answer to /dapr/config is not understood: {Why}")]
    private partial void LogBadConfig(string why);

    [LoggerMessage(EventId = 403, Level = LogLevel.Warning, Message = "The app did not take timer {Timer} of actor {Actor}")]
    private partial void LogTimerFailed(string timer, ActorKey actor);
}

/// <summary>A wish to register a reminder.</summary>
internal sealed record ReminderRequest(ActorKey Actor, string Name, ScheduleText Text)
{
    public byte[]? Data { get; init; }

    public FailurePolicy Policy { get; init; } = FailurePolicy.Default;
}
