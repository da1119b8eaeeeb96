namespace LocalDapr.Engine.Hub;

// The activities that are queued or in a worker's hands. Workers of stock SDKs answer by instance and task alone. Another app's instance may
// have the same id: of two that an answer could not tell apart, the second waits behind the first.
public sealed partial class WorkflowEngine
{
    private readonly Dictionary<(string Instance, int Task), ActivityItem> _activities = [];
    private readonly Dictionary<(string Instance, int Task), List<ActivityItem>> _behind = [];

    private void Offer_NeedsLock(ActivityItem item)
    {
        var key = (item.InstanceId, item.Task.EventId);
        item.Since = _time.GetTimestamp();
        // An instance of this app that started over wants the earlier one no more.
        if (item.Guest is null) Withdraw_NeedsLock(key);
        if (!_activities.TryAdd(key, item))
        {
            if (!_behind.TryGetValue(key, out var others)) _behind.Add(key, others = []);
            others.Add(item);
            return;
        }
        _readyActivities.Enqueue(item);
        WakeOne_NeedsLock();
    }

    /// <summary>Takes back what an instance of this app wanted.</summary>
    private void Withdraw_NeedsLock((string Instance, int Task) key)
    {
        if (_behind.TryGetValue(key, out var others))
        {
            foreach (var item in others.Where(item => item.Guest is null)) Forget_NeedsLock(item.Letter);
            others.RemoveAll(item => item.Guest is null);
            if (others.Count == 0) _behind.Remove(key);
        }
        if (_activities.TryGetValue(key, out var held) && held.Guest is null) Remove_NeedsLock(key, held);
    }

    /// <summary>The item is answered, or no longer wanted: the next of its key has its turn.</summary>
    private void Remove_NeedsLock((string Instance, int Task) key, ActivityItem item)
    {
        _activities.Remove(key);
        item.IsDone = true;
        Forget_NeedsLock(item.Letter);
        if (item.Worker is { } worker && worker.OpenActivities.Remove(item))
        {
            _openActivities--;
            LeaveActivity_NeedsLock(item.Task.Name);
            WakeForWork_NeedsLock(worker);
            if (_options.MaxOpenActivities > 0) WakeOne_NeedsLock();
        }
        if (!_behind.TryGetValue(key, out var others)) return;
        var next = others[0];
        others.RemoveAt(0);
        if (others.Count == 0) _behind.Remove(key);
        _activities.Add(key, next);
        _readyActivities.Enqueue(next);
        WakeOne_NeedsLock();
    }

    /// <summary>The same activity, asked for before and still open: a guest when another app asked.</summary>
    private ActivityItem? Find_NeedsLock((string Instance, int Task) key, string executionId, bool isGuest)
    {
        if (_activities.TryGetValue(key, out var held) && IsIt(held)) return held;
        return _behind.GetValueOrDefault(key)?.Find(IsIt);

        bool IsIt(ActivityItem item) => item.Guest is not null == isGuest && item.ExecutionId == executionId;
    }
}
