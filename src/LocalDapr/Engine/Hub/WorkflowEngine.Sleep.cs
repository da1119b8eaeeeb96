using LocalDapr.Engine.History;
using LocalDapr.Engine.Records;

namespace LocalDapr.Engine.Hub;

// Instances that only wait leave memory. The store has the time at which each wakes; those whose time comes near are loaded ahead of it.
public sealed partial class WorkflowEngine
{
    private const int LooksAtOnce = 8;

    private static readonly TimeSpan WakeEvery = TimeSpan.FromSeconds(5);

    /// <summary>How far ahead of its time an instance is in memory; three looks, so that a slow one misses nothing.</summary>
    private static readonly TimeSpan WakeAhead = TimeSpan.FromSeconds(15);

    private readonly Queue<Instance> _idle = [];
    private DateTimeOffset _wokenThrough = DateTimeOffset.MinValue;

    // Runs until the engine stops.
    private async Task WakeAsync(PeriodicTimer timer, CancellationToken cancellation)
    {
        using var owned = timer;
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            try
            {
                await WakeThroughAsync(_time.GetUtcNow() + WakeAhead, cancellation, _options.OnFault);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                _options.OnFault(fault);
            }
        }
    }

    /// <param name="skip">What cannot be read is told here and left out, for the others' sake; without it the look fails.</param>
    private async Task WakeThroughAsync(DateTimeOffset before, CancellationToken cancellation, Action<Exception>? skip = null)
    {
        await foreach (var id in _store.WakingAsync(_wokenThrough, before, cancellation))
        {
            try
            {
                WakeInstance(await AcquireAsync(id, cancellation), before);
            }
            catch (InvalidDataException damaged) when (skip is not null)
            {
                skip(damaged);
            }
        }
        _wokenThrough = before;
    }

    private void WakeInstance(Instance instance, DateTimeOffset before)
    {
        using (Enter())
        {
            if (instance.Evicted || !instance.Exists) return;
            if (instance is { IsTakingLeave: false, State.Completed: { } completed }) TakeLeave_NeedsLock(instance, completed);
            else if (instance.IsIdle && instance.WakesAt().ToDateTimeOffset() >= before) CorrectWake_NeedsLock(instance);
        }
    }

    // It was woken in vain: its row is of an older format, or what it had in its inbox meant nothing.
    private void CorrectWake_NeedsLock(Instance instance)
    {
        instance.StoredWake = null;
        var unit = new CommitUnit();
        unit.Changes.Add(Append_NeedsLock(instance, new InstanceRecord { At = Now }));
        _committer.Enqueue(unit);
    }

    /// <summary>Notes that the instance is idle; when too many are, the longest idle leave, but not one that was just loaded.</summary>
    private void Rest_NeedsLock(Instance instance, bool isLoaded = false)
    {
        if (!instance.IsIdle) return;
        if (!instance.InIdleList)
        {
            instance.InIdleList = true;
            _idle.Enqueue(instance);
        }
        for (var looks = Looks(_idle, isLoaded); _idle.Count > _options.IdleInMemory && looks > 0; looks--)
        {
            var oldest = _idle.Dequeue();
            oldest.InIdleList = false;
            if (!oldest.IsIdle) continue;
            if (MayLeave_NeedsLock(oldest))
            {
                Evict_NeedsLock(oldest);
                continue;
            }
            oldest.InIdleList = true;
            _idle.Enqueue(oldest);
        }
    }

    // The last of the queue was just loaded, and stays: whoever needs it would find it gone, and load it again without end.
    private static int Looks(Queue<Instance> queue, bool isLoaded) => isLoaded ? Math.Min(LooksAtOnce, queue.Count - 1) : LooksAtOnce;

    // Those that wake soon would be loaded again at once, or too late.
    private bool MayLeave_NeedsLock(Instance instance) =>
        !instance.HasWaiters && instance.Holds == 0 && instance.StoredWake is { } wakes && wakes > Moment.From(_time.GetUtcNow() + (2 * WakeAhead));
}
