using System.Collections.Concurrent;
using LocalDapr.Runtime.Actors.Schedules;

namespace LocalDapr.Runtime.Actors.Timers;

/// <summary>A timer of an actor; <c>Data</c> is JSON as it was given.</summary>
internal sealed record ActorTimer(ActorKey Actor, string Name, byte[]? Data, string? Callback, ScheduleText Text);

/// <summary>
/// The timers of one sidecar, in memory only. They outlive the idleness of their actor: a firing activates it again. The timers of an actor
/// fire one after the other, in the order of their times; a firing that fails is not repeated. Thread-safe.
/// </summary>
internal sealed class ActorTimers : IDisposable
{
    private readonly ConcurrentDictionary<(ActorKey, string), Entry> _timers = new();

    // The actors a timer of which fires now, each with its due timers that wait for the end of that. Guarded by the gate.
    private readonly Dictionary<ActorKey, Queue<Entry>> _firing = [];
    private readonly Lock _gate = new();
    private readonly DueQueue<Entry> _queue;
    private readonly TimeProvider _time;
    private readonly Func<ActorTimer, Task> _fire;

    public ActorTimers(TimeProvider time, Func<ActorTimer, Task> fire)
    {
        (_time, _fire) = (time, fire);
        _queue = new DueQueue<Entry>(time, entry => _ = RunInOrderAsync(entry));
    }

    /// <summary>Registers a timer in place of the one of that name.</summary>
    /// <exception cref="FormatException">The schedule is not one.</exception>
    public void Register(ActorTimer timer)
    {
        var schedule = Schedule.ForTimer(timer.Text, _time.GetUtcNow());
        var entry = new Entry(timer, schedule) { Due = schedule.FirstDue, Remaining = schedule.Period?.Firings };
        // A timer whose end is its due time is over before it fires, and still takes the place of the former one.
        if (schedule.FirstDue == schedule.Ends)
        {
            Unregister(timer.Actor, timer.Name);
            return;
        }

        _timers[(timer.Actor, timer.Name)] = entry;
        _queue.Add(entry, entry.Due);
    }

    public void Unregister(ActorKey actor, string name) => _timers.TryRemove((actor, name), out _);

    public void Dispose()
    {
        _timers.Clear();
        _queue.Dispose();
    }

    // Never faults: the callback logs its failures.
    private async Task RunInOrderAsync(Entry due)
    {
        lock (_gate)
        {
            if (_firing.TryGetValue(due.Timer.Actor, out var waiting))
            {
                waiting.Enqueue(due);
                return;
            }

            _firing[due.Timer.Actor] = [];
        }

        for (Entry? next = due; next is not null; next = NextOf(due.Timer.Actor)) await RunAsync(next);
    }

    private Entry? NextOf(ActorKey actor)
    {
        lock (_gate)
        {
            if (_firing[actor].TryDequeue(out var next)) return next;
            _firing.Remove(actor);
            return null;
        }
    }

    // An entry that is not the registered one any more ends here: it was deleted or replaced, maybe by the callback it has waited for.
    private async Task RunAsync(Entry entry)
    {
        if (!IsCurrent(entry)) return;
        await _fire(entry.Timer);
        if (!IsCurrent(entry)) return;
        var next = Schedule.Next(entry.Schedule.Period, entry.Due, entry.Schedule.Ends);
        if (next is null || next >= entry.Schedule.Ends || --entry.Remaining == 0)
        {
            _timers.TryRemove(new((entry.Timer.Actor, entry.Timer.Name), entry));
            return;
        }

        entry.Due = next.Value;
        _queue.Add(entry, entry.Due);
    }

    private bool IsCurrent(Entry entry) => _timers.TryGetValue((entry.Timer.Actor, entry.Timer.Name), out var current) && current == entry;

    private sealed class Entry(ActorTimer timer, Schedule schedule)
    {
        public ActorTimer Timer { get; } = timer;

        public Schedule Schedule { get; } = schedule;

        public DateTimeOffset Due { get; set; }

        public int? Remaining { get; set; }
    }
}
