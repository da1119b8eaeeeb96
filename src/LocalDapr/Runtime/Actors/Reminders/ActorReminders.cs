using System.Collections.Concurrent;
using LocalDapr.Runtime.Actors.Schedules;

namespace LocalDapr.Runtime.Actors.Reminders;

/// <summary>
/// The reminders of the actors that one sidecar hosts. The store holds the truth, memory the order in which they come due. A firing is
/// done when the app took it or the failure policy is exhausted; only then the store moves on, so that a crash repeats the firing rather
/// than loses it. Thread-safe.
/// </summary>
internal sealed class ActorReminders : IDisposable
{
    // Bounds the callbacks that run at one time when very many reminders come due together.
    private readonly SemaphoreSlim _running = new(256);
    private readonly ConcurrentDictionary<(ActorKey, string), Reminder> _known = new();
    private readonly DueQueue<Reminder> _queue;
    private readonly ReminderStore _store;
    private readonly TimeProvider _time;
    private readonly Func<Reminder, CancellationToken, Task<bool>> _fire;
    private readonly CancellationToken _stopping;

    public ActorReminders(
        ReminderStore store, TimeProvider time, Func<Reminder, CancellationToken, Task<bool>> fire, CancellationToken stopping)
    {
        (_store, _time, _fire, _stopping) = (store, time, fire, stopping);
        _queue = new DueQueue<Reminder>(time, reminder => _ = RunAsync(reminder));
    }

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
        try
        {
            await FireAsync(reminder);
            await AdvanceAsync(reminder);
        }
        catch (OperationCanceledException)
        {
            // The sidecar stops; the store still has the reminder as due.
        }
    }

    private async Task FireAsync(Reminder reminder)
    {
        for (var attempt = 0; IsCurrent(reminder); attempt++)
        {
            if (await FireOnceAsync(reminder)) return;
            if (attempt >= reminder.Policy.MaxRetries) return;
            await Task.Delay(reminder.Policy.Interval, _time, _stopping);
        }
    }

    private async Task<bool> FireOnceAsync(Reminder reminder)
    {
        await _running.WaitAsync(_stopping);
        try
        {
            return await _fire(reminder, _stopping);
        }
        finally
        {
            _running.Release();
        }
    }

    private async Task AdvanceAsync(Reminder reminder)
    {
        var key = (reminder.Actor, reminder.Name);
        if (!IsCurrent(reminder)) return;
        if (reminder.AfterFiring(_time.GetUtcNow()) is not { } next)
        {
            await _store.EndAsync(reminder);
            _known.TryRemove(new(key, reminder));
            return;
        }

        if (await _store.AdvanceAsync(next) && _known.TryUpdate(key, next, reminder)) _queue.Add(next, next.NextDue);
    }
}
