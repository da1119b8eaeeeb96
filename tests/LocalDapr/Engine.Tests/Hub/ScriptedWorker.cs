using System.Collections.Concurrent;
using LocalDapr.Engine.History;
using LocalDapr.Engine.Hub;
using LocalDapr.Engine.Turns;

namespace LocalDapr.Engine.Tests.Hub;

/// <summary>A worker whose workflows are functions from the whole history to actions; null leaves the work item open.</summary>
internal sealed class ScriptedWorker : IAsyncDisposable
{
    private readonly WorkerConnection _connection;
    private readonly Dictionary<string, List<HistoryEvent>> _copies = [];
    private readonly bool _keeps;
    private readonly Task _running;

    /// <summary>Give what already waits for a worker its script here: work comes as soon as it is connected.</summary>
    public ScriptedWorker(WorkflowEngine engine, bool keepsInstances = false, ScriptedWorker? like = null, Action<ScriptedWorker>? script = null)
    {
        if (like is not null)
        {
            Workflows = like.Workflows;
            Activity = like.Activity;
        }
        script?.Invoke(this);
        _keeps = keepsInstances;
        _connection = engine.Connect(new WorkerOptions { KeepsInstances = keepsInstances });
        _running = Task.Run(RunAsync);
    }

    public ConcurrentDictionary<string, Func<IReadOnlyList<HistoryEvent>, IReadOnlyList<WorkflowAction>?>> Workflows { get; } = new();

    public Func<ActivityItem, ActivityResult?> Activity { get; set; } =
        static item => new ActivityResult(item.InstanceId, item.Task.EventId, item.Task.Input, null);

    public ConcurrentQueue<TurnItem> Turns { get; } = new();

    public ConcurrentQueue<ActivityItem> Activities { get; } = new();

    public async ValueTask DisposeAsync()
    {
        _connection.Dispose();
        await _running;
    }

    public ValueTask AnswerAsync(TurnItem turn, params WorkflowAction[] actions) =>
        _connection.CompleteAsync(new TurnResponse(turn.InstanceId, actions) { Token = turn.Token }, CancellationToken.None);

    public void Answer(ActivityResult result) => _connection.Complete([result]);

    private async Task RunAsync()
    {
        var (turns, activities) = (new List<TurnItem>(), new List<ActivityItem>());
        while (await _connection.TakeAsync(turns, activities, 16, CancellationToken.None))
        {
            foreach (var turn in turns) await RunAsync(turn);
            foreach (var activity in activities)
            {
                Activities.Enqueue(activity);
                if (Activity(activity) is { } result) _connection.Complete([result]);
            }
            turns.Clear();
            activities.Clear();
        }
    }

    private async Task RunAsync(TurnItem turn)
    {
        Turns.Enqueue(turn);
        IReadOnlyList<HistoryEvent> past = turn.Past ?? _copies[turn.InstanceId];
        List<HistoryEvent> history = [.. past, .. turn.New];
        var name = history.OfType<ExecutionStarted>().Last().Name;
        if (!Workflows.TryGetValue(name, out var code) || code(history) is not { } actions) return;
        // What the engine will have committed, as far as scripts look at it: one event an action.
        if (_keeps) _copies[turn.InstanceId] = [.. history, .. actions.Select(Event)];
        await AnswerAsync(turn, [.. actions]);
    }

    private static HistoryEvent Event(WorkflowAction action) => action switch
    {
        ScheduleTask task => new TaskScheduled(task.Name) { EventId = task.Id, Input = task.Input },
        CreateTimer timer => new TimerCreated(timer.FireAt) { EventId = timer.Id },
        CreateChild child => new ChildCreated(child.InstanceId, child.Name) { EventId = child.Id },
        _ => new EventSent("", "", null) { EventId = action.Id },
    };
}
