using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Turns;

/// <summary>An instance as its committed history tells it: a fold over the events. Not thread-safe; the engine's lock guards it.</summary>
public sealed class InstanceState
{
    private readonly List<HistoryEvent> _history = [];
    private readonly Dictionary<int, TaskScheduled> _activities = [];
    private readonly Dictionary<int, ChildCreated> _children = [];
    private readonly OrderedDictionary<int, TimerCreated> _timers = [];
    private readonly List<string> _patches = [];
    private readonly HashSet<int> _firedAhead = [];
    private int _childrenElsewhere;
    private int _measured;
    private long _bytes;
    private bool _hasRun;

    public IReadOnlyList<HistoryEvent> History => _history;

    public ExecutionStarted? Started { get; private set; }

    /// <summary>What the next turn will start with, when the instance has just continued as new.</summary>
    public ExecutionStarted? Continued { get; init; }

    public ExecutionCompleted? Completed { get; private set; }

    public ExecutionStalled? Stalled { get; private set; }

    public bool Suspended { get; private set; }

    public IReadOnlyDictionary<int, TaskScheduled> OpenActivities => _activities;

    public IReadOnlyDictionary<int, ChildCreated> OpenChildren => _children;

    public bool HasHadChildren { get; private set; }

    /// <summary>Whether the engine of another app is being asked for one of the open children.</summary>
    public bool HasChildrenElsewhere => _childrenElsewhere > 0;

    /// <summary>In the order of their creation.</summary>
    public IReadOnlyDictionary<int, TimerCreated> OpenTimers => _timers;

    public IReadOnlyList<string> Patches => _patches;

    /// <summary>The version that the first turn ran with.</summary>
    public string? VersionName { get; private set; }

    /// <summary>The history as a message is no longer than this.</summary>
    public long HistoryBytesAtMost { get; private set; }

    /// <summary>How long the history is as a message, by the length of each event.</summary>
    public long BytesOfHistory(Func<HistoryEvent, int> sizeOf)
    {
        for (; _measured < _history.Count; _measured++) _bytes += sizeOf(_history[_measured]);
        return _bytes;
    }

    public RuntimeStatus Status =>
        Completed is { } completed ? completed.Status
        : Stalled is not null ? RuntimeStatus.Stalled
        : Started is null && Continued is null ? RuntimeStatus.Pending
        : Suspended ? RuntimeStatus.Suspended
        : RuntimeStatus.Running;

    public bool IsTerminal => Completed is not null;

    public void Apply(HistoryEvent happened)
    {
        _history.Add(happened);
        HistoryBytesAtMost += EventSize.AtMost(happened);
        if (happened is not ExecutionStalled) Stalled = null;
        switch (happened)
        {
            case ExecutionStarted started: Started = started; break;
            case ExecutionCompleted completed: Complete(completed); break;
            case ExecutionStalled stalled: Stalled = stalled; break;
            case ExecutionSuspended: Suspended = true; break;
            case ExecutionResumed: Suspended = false; break;
            case TaskScheduled task: _activities[task.EventId] = task; break;
            case TaskCompleted task: _activities.Remove(task.TaskId); break;
            case TaskFailed task: _activities.Remove(task.TaskId); break;
            case ChildCreated child: Open(child); break;
            case ChildCompleted child: CloseChild(child.TaskId); break;
            case ChildFailed child: CloseChild(child.TaskId); break;
            // Nobody is left to hear a timer of a workflow that has ended.
            case TimerCreated timer when Completed is null && !_firedAhead.Contains(timer.EventId): _timers[timer.EventId] = timer; break;
            // The history of a rerun tells of the timer itself at the end.
            case TimerFired timer when !_timers.Remove(timer.TimerId): _firedAhead.Add(timer.TimerId); break;
            case EventRaised raised: CancelTimerFor(raised.Name); break;
            case WorkflowStarted turn: Note(turn.Version); break;
            default: break;
        }
    }

    private void Open(ChildCreated child)
    {
        _children[child.EventId] = child;
        HasHadChildren = true;
        if (IsElsewhere(child)) _childrenElsewhere++;
    }

    private void CloseChild(int taskId)
    {
        if (_children.Remove(taskId, out var child) && IsElsewhere(child)) _childrenElsewhere--;
    }

    private static bool IsElsewhere(ChildCreated child) => child.Router is { TargetApp: { } app } router && app != router.SourceApp;

    private void Complete(ExecutionCompleted completed)
    {
        Completed = completed;
        _timers.Clear();
    }

    private void CancelTimerFor(string name)
    {
        foreach (var (id, timer) in _timers)
        {
            if (!string.Equals(timer.CancelledBy, name, StringComparison.OrdinalIgnoreCase)) continue;
            _timers.Remove(id);
            return;
        }
    }

    private void Note(WorkflowVersion? version)
    {
        if (!_hasRun) VersionName = version?.Name;
        _hasRun = true;
        if (version is not null) _patches.AddRange(version.Patches);
    }
}
