namespace LocalDapr.Engine.Hub;

/// <summary>
/// Results of activities that another app asked for and did not hear, as it was away when they ended: it asks again when it is back, and the
/// activity need not run once more. In memory only, and the oldest leave first: then it does. Not thread-safe; the engine's lock guards it.
/// </summary>
internal sealed class UnheardResults
{
    private const int Most = 10_000;

    /// <summary>Characters of all results together.</summary>
    private const long MostText = 32 * 1024 * 1024;

    private readonly OrderedDictionary<(string Instance, string Execution, int Task), ActivityResult> _results = [];
    private long _text;

    public void Keep(ActivityItem item, ActivityResult result)
    {
        if (!_results.TryAdd((item.InstanceId, item.ExecutionId, item.Task.EventId), result)) return;
        _text += Length(result);
        while (_results.Count > Most || _text > MostText) Remove(_results.GetAt(0).Key);
    }

    public ActivityResult? Take(string instanceId, string executionId, int taskId) => Remove((instanceId, executionId, taskId));

    private ActivityResult? Remove((string, string, int) key)
    {
        if (!_results.Remove(key, out var result)) return null;
        _text -= Length(result);
        return result;
    }

    private static long Length(ActivityResult result) => result.Result?.Length ?? 0;
}
