namespace LocalDapr.Runtime.Actors.Schedules;

/// <summary>
/// Runs an action for each entry when its time has come, on the thread pool, soonest first. Entries are never removed: who cancels one
/// marks it, and the action finds the mark. Thread-safe; after <see cref="Dispose"/> nothing runs any more.
/// </summary>
internal sealed class DueQueue<T> : IDisposable
{
    // The longest a timer is set for; a queue whose first entry is years ahead looks again once a day.
    private static readonly TimeSpan farthest = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly PriorityQueue<T, DateTimeOffset> _entries = new();
    private readonly TimeProvider _time;
    private readonly Action<T> _run;
    private readonly ITimer _timer;
    private bool _disposed;

    public DueQueue(TimeProvider time, Action<T> run)
    {
        _time = time;
        _run = run;
        _timer = time.CreateTimer(static state => ((DueQueue<T>)state!).RunDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Add(T entry, DateTimeOffset due)
    {
        lock (_gate)
        {
            if (_disposed) return;
            var isFirst = !_entries.TryPeek(out _, out var first) || due < first;
            _entries.Enqueue(entry, due);
            if (isFirst) SetTimer_NeedsLock(due);
        }
    }

    public void Clear()
    {
        lock (_gate) _entries.Clear();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _entries.Clear();
        }

        _timer.Dispose();
    }

    private void RunDue()
    {
        while (TakeDue() is (true, var entry)) _run(entry!);
    }

    private (bool Due, T? Entry) TakeDue()
    {
        lock (_gate)
        {
            if (!_entries.TryPeek(out _, out var due)) return default;
            if (due <= _time.GetUtcNow()) return (true, _entries.Dequeue());
            SetTimer_NeedsLock(due);
            return default;
        }
    }

    private void SetTimer_NeedsLock(DateTimeOffset due)
    {
        if (_disposed) return;
        var wait = due - _time.GetUtcNow();
        // Timers count whole milliseconds and may come a little early; one more spares a second look.
        wait = wait <= TimeSpan.Zero ? TimeSpan.Zero : wait < farthest ? wait + TimeSpan.FromMilliseconds(1) : farthest;
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
