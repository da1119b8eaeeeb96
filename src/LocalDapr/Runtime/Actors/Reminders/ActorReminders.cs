using System.Collections.Concurrent;
using LocalDapr.Runtime.Actors.Hosting;
using LocalDapr.Runtime.Actors.Schedules;

namespace LocalDapr.Runtime.Actors.Reminders;

/// <summary>
/// The reminders of the actors that have their home at one host. The store holds the truth, memory the order in which they come due. A firing is
/// done when the app took it or the failure policy is exhausted; only then the store moves on, so that a crash repeats the firing rather
/// than loses it. Thread-safe.
/// </summary>
internal sealed class ActorReminders : IDisposable
{
    private static readonly TimeSpan lookAgain = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan untilItListens = TimeSpan.FromMilliseconds(500);

    // Bounds the callbacks that the app gets at one time when very many reminders come due together. One that has to wait for its actor's
    // turn gives its place back for good: when its turn comes it takes the place of the turn before it, so that the app has no more to do,
    // and those who wait for a busy actor keep nobody from another.
    private readonly SemaphoreSlim _running = new(256);
    private readonly ConcurrentDictionary<(ActorKey, string), Reminder> _known = new();
    private readonly DueQueue<Reminder> _queue;
    private readonly ReminderStore _store;
    private readonly ConcurrentDictionary<(ActorKey, string), byte> _firing;
    private readonly TimeProvider _time;
    private readonly Func<Reminder, Action, CancellationToken, Task<Firing>> _fire;
    private readonly CancellationToken _stopping;

    /// <param name="firing">What fires now on all hosts of the process.</param>
    /// <param name="fire">Calls the app; runs its second argument when it has to wait for the actor's turn.</param>
    public ActorReminders(
        ReminderStore store,
        ConcurrentDictionary<(ActorKey, string), byte> firing,
        TimeProvider time,
        Func<Reminder, Action, CancellationToken, Task<Firing>> fire,
        CancellationToken stopping)
    {
        (_store, _firing, _time, _fire, _stopping) = (store, firing, time, fire, stopping);
        _queue = new DueQueue<Reminder>(time, reminder => _ = RunAsync(reminder));
    }

    public ValueTask OpenAsync() => _store.OpenAsync();

    /// <summary>Takes up the stored reminders of the types; what is scheduled and gone from the store ends by itself.</summary>
    public void Load(IEnumerable<string> types, Func<ActorKey, bool> isMine)
    {
        foreach (var type in types)
            foreach (var reminder in _store.List(type, id: null))
                if (isMine(reminder.Actor) && _known.TryAdd((reminder.Actor, reminder.Name), reminder))
                    _queue.Add(reminder, reminder.NextDue);
    }

    /// <summary>Forgets the reminders of actors that live elsewhere now.</summary>
    public void Release(Func<ActorKey, bool> isMine)
    {
        foreach (var (key, _) in _known)
            if (!isMine(key.Item1)) _known.TryRemove(key, out _);
    }

    /// <exception cref="DaprError">There is one of that name and it must not be replaced.</exception>
    public async Task RegisterAsync(Reminder reminder, bool overwrite)
    {
        if (!await _store.SaveAsync(reminder, overwrite)) throw DaprErrors.ActorReminderExists(reminder.Name);
        if (!reminder.IsOver)
        {
            TakeUp(reminder);
            return;
        }

        // It takes the place of a former one all the same.
        _known.TryRemove((reminder.Actor, reminder.Name), out _);
        await _store.EndAsync(reminder);
    }

    /// <summary>Takes up one that is stored already.</summary>
    public void TakeUp(Reminder reminder)
    {
        _known[(reminder.Actor, reminder.Name)] = reminder;
        _queue.Add(reminder, reminder.NextDue);
    }

    public async Task UnregisterAsync(ActorKey actor, string name)
    {
        _known.TryRemove((actor, name), out _);
        await _store.DeleteAsync(actor, name);
    }

    public Reminder? Find(ActorKey actor, string name) => _store.Find(actor, name);

    public List<Reminder> List(string type, string? id) => _store.List(type, id);

    public void Dispose()
    {
        _queue.Dispose();
        _known.Clear();
    }

    private bool IsCurrent(Reminder reminder) =>
        _known.TryGetValue((reminder.Actor, reminder.Name), out var known) && ReferenceEquals(known, reminder);

    // Faults only when the database does; the reminder then stays in the store and fires after the next start.
    private async Task RunAsync(Reminder reminder)
    {
        if (!IsCurrent(reminder)) return;
        var key = (reminder.Actor, reminder.Name);
        if (!_firing.TryAdd(key, 0))
        {
            // It fires on the host where the actor was until now.
            _queue.Add(reminder, _time.GetUtcNow() + lookAgain);
            return;
        }

        try
        {
            if (HasFiredElsewhere(reminder)) return;
            if (await FireAsync(reminder)) await AdvanceAsync(reminder);
        }
        catch (OperationCanceledException)
        {
            // The host leaves; the store still has the reminder as due.
        }
        finally
        {
            _firing.TryRemove(key, out _);
        }
    }

    // A reminder that moved here may have been fired where it came from after it was read.
    private bool HasFiredElsewhere(Reminder reminder)
    {
        var key = (reminder.Actor, reminder.Name);
        if (_store.Find(reminder.Actor, reminder.Name) is not { } stored || stored.Version != reminder.Version)
        {
            _known.TryRemove(new(key, reminder));
            return true;
        }

        if (stored.NextDue <= reminder.NextDue) return false;
        if (_known.TryUpdate(key, stored, reminder)) _queue.Add(stored, stored.NextDue);
        return true;
    }

    // False when the reminder is no longer this host's before the app took it: then the firing is another's. While nobody listens it is not
    // an attempt that counts: an app that starts again finds its reminders due, whatever their policy.
    private async Task<bool> FireAsync(Reminder reminder)
    {
        for (var failures = 0; IsCurrent(reminder);)
        {
            var begun = _time.GetTimestamp();
            var outcome = await FireOnceAsync(reminder);
            if (outcome == Firing.Taken || (outcome == Firing.Failed && failures++ >= reminder.Policy.MaxRetries)) return true;
            // Attempts are an interval apart, however long each of them took.
            var pause = outcome == Firing.Failed ? reminder.Policy.Interval - _time.GetElapsedTime(begun) : untilItListens;
            if (pause > TimeSpan.Zero) await Task.Delay(pause, _time, _stopping);
        }

        return false;
    }

    private async Task<Firing> FireOnceAsync(Reminder reminder)
    {
        await _running.WaitAsync(_stopping);
        var hasPlace = 1;
        try
        {
            return await _fire(reminder, Leave, _stopping);
        }
        finally
        {
            Leave();
        }

        void Leave()
        {
            if (Interlocked.Exchange(ref hasPlace, 0) == 1) _running.Release();
        }
    }

    // The store checks that it is still this registration; so it moves on even when the actor has moved away in the meantime.
    private async Task AdvanceAsync(Reminder reminder)
    {
        var key = (reminder.Actor, reminder.Name);
        if (reminder.AfterFiring() is not { } next)
        {
            await _store.EndAsync(reminder);
            _known.TryRemove(new(key, reminder));
            return;
        }

        if (await _store.AdvanceAsync(next) && _known.TryUpdate(key, next, reminder)) _queue.Add(next, next.NextDue);
    }
}
