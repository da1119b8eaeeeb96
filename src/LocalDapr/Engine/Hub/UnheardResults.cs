using LocalDapr.Engine.History;
using LocalDapr.Engine.Turns;

namespace LocalDapr.Engine.Hub;

/// <summary>
/// How activities ended that another app asked for and did not hear of, as it was away: it asks again when it is back, and the activity need
/// not run once more. In memory only, and the oldest leave first: then it does. Not thread-safe; the engine's lock guards it.
/// </summary>
internal sealed class UnheardResults
{
    private const int Most = 10_000;

    /// <summary>Of all together.</summary>
    private const long MostBytes = 32 * 1024 * 1024;

    private readonly OrderedDictionary<(string Instance, string Execution, int Task), HistoryEvent> _ends = [];
    private long _bytes;

    public void Keep(ActivityItem item, HistoryEvent end)
    {
        if (!_ends.TryAdd((item.InstanceId, item.ExecutionId, item.Task.EventId), end)) return;
        _bytes += EventSize.Of(end);
        while (_ends.Count > Most || _bytes > MostBytes) Remove(_ends.GetAt(0).Key);
    }

    public HistoryEvent? Take(string instanceId, string executionId, int taskId) => Remove((instanceId, executionId, taskId));

    private HistoryEvent? Remove((string, string, int) key)
    {
        if (!_ends.Remove(key, out var end)) return null;
        _bytes -= EventSize.Of(end);
        return end;
    }
}
