using System.Diagnostics.Metrics;

namespace LocalDapr.Runtime.Actors;

/// <summary>
/// What a sidecar counts of actors, under the names and with the labels that daprd has. Costs nothing while nobody listens. Gauges of daprd
/// (timers, reminders, pending calls) are not among them.
/// </summary>
internal sealed class ActorMeter : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _reminders;
    private readonly Counter<long> _timers;
    private readonly Counter<long> _halted;
    private readonly Counter<long> _deactivated;

    public ActorMeter(string appId)
    {
        _meter = new Meter(new MeterOptions("LocalDapr.Actors") { Tags = [new("app_id", appId)] });
        _reminders = _meter.CreateCounter<long>("dapr_runtime_actor_reminders_fired_total");
        _timers = _meter.CreateCounter<long>("dapr_runtime_actor_timers_fired_total");
        _halted = _meter.CreateCounter<long>("dapr_runtime_actor_rebalanced_total");
        _deactivated = _meter.CreateCounter<long>("dapr_runtime_actor_deactivated_total");
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>An attempt, also one that is repeated.</summary>
    public void ReminderFired(string type, bool isTaken) => _reminders.Add(1, Of(type), Success(isTaken));

    public void TimerFired(string type, bool isTaken) => _timers.Add(1, Of(type), Success(isTaken));

    /// <summary>daprd counts as rebalanced whatever is deactivated, idle actors too.</summary>
    public void Deactivated(string type, bool isTaken)
    {
        _halted.Add(1, Of(type));
        if (isTaken) _deactivated.Add(1, Of(type));
    }

    private static KeyValuePair<string, object?> Of(string type) => new("actor_type", type);

    private static KeyValuePair<string, object?> Success(bool isTaken) => new("success", isTaken ? "true" : "false");
}
