using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Hub;

/// <summary>
/// Timers of all instances by due time, on one timer of the clock. The heap is a reminder only: what is due is looked up in the instance,
/// so an
/// entry whose timer was cancelled does nothing. Guarded by the engine's lock.
/// </summary>
internal sealed class TimerHeap(TimeProvider time, Action due, Func<TimerEntry, bool> isOpen) : IDisposable
{
    // Longer waits are split: the clock's timers take no more than 49 days, and a far one may never come.
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(12);

    private const int SweepFloor = 8_192;

    private readonly PriorityQueue<TimerEntry, Moment> _entries = new();
    private int _sweepAt = SweepFloor;
    private ITimer? _timer;
    private Moment? _armedFor;

    public void Add(TimerEntry entry, Moment at)
    {
        if (at >= Moment.Never) return;
        _entries.Enqueue(entry, at);
        if (_entries.Count >= _sweepAt) Sweep();
        if (_armedFor is null || at < _armedFor) Arm();
    }

    /// <summary>The next entry that is due, if there is one; else the clock is set for the one to come.</summary>
    public bool TryTake(out TimerEntry entry)
    {
        if (_entries.TryPeek(out entry, out var at) && at <= Moment.From(time.GetUtcNow()))
        {
            _entries.Dequeue();
            return true;
        }
        Arm();
        return false;
    }

    public void Dispose() => _timer?.Dispose();

    // Most timers guard a wait and are cancelled long before they are due: whenever the heap has doubled, those leave it.
    private void Sweep()
    {
        var open = _entries.UnorderedItems.Where(item => isOpen(item.Element)).Distinct().ToArray();
        _entries.Clear();
        _entries.EnqueueRange(open);
        _sweepAt = Math.Max(SweepFloor, 2 * open.Length);
    }

    private void Arm()
    {
        _timer ??= time.CreateTimer(_ => due(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (!_entries.TryPeek(out _, out var at))
        {
            _armedFor = null;
            return;
        }
        _armedFor = at;
        var wait = at.ToDateTimeOffset() - time.GetUtcNow();
        // Timers of the clock count whole milliseconds, rounded down: one more, so that nothing fires early.
        wait = wait <= TimeSpan.Zero ? TimeSpan.Zero : wait > LongestWait ? LongestWait : wait + TimeSpan.FromMilliseconds(1);
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }
}

/// <summary>A timer of an instance's generation, or its scheduled start (no timer id).</summary>
internal readonly record struct TimerEntry(string InstanceId, string ExecutionId, int? TimerId);
