using LocalDapr.Engine.History;
using LocalDapr.Engine.Records;
using LocalDapr.Engine.Turns;

namespace LocalDapr.Engine.Hub;

// Work for other apps, and the work that other apps have here.
public sealed partial class WorkflowEngine
{
    private static readonly TimeSpan FirstAskAgain = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestAskAgain = TimeSpan.FromSeconds(5);

    /// <summary>Apps that start together are away for a moment; that is not worth a word.</summary>
    private static readonly TimeSpan Worrying = 4 * FirstAskAgain;

    /// <summary>
    /// Does what an instance of another app asks for and returns how it ended. The same question again joins the work that is under way;
    /// an activity whose result was lost on its way, or with this engine before the other app was back to hear it, runs again.
    /// </summary>
    /// <exception cref="IOException">Not now; the app is to ask again.</exception>
    public async Task<HistoryEvent> AnswerAsync(AppQuestion question, CancellationToken cancellation) =>
        await RefusalAsync(question, cancellation) ?? await DoAsync(question, cancellation);

    private async Task<HistoryEvent> DoAsync(AppQuestion question, CancellationToken cancellation) => (question.Verb, question.Event) switch
    {
        (AppVerb.Do, TaskScheduled task) => await RunGuestAsync(question, task, cancellation),
        (AppVerb.Do, ExecutionStarted { Parent: null } start) => await ReceiveAsync(start, cancellation),
        (AppVerb.Do, ExecutionStarted start) => await RunChildOfAsync(start, start.Parent, cancellation),
        (AppVerb.Do, ExecutionTerminated terminated) => await TerminateChildOfAsync(question, terminated, cancellation),
        (AppVerb.Verify, _) => await VerifyForAsync(question, cancellation),
        (AppVerb.Awaits, ChildCompleted child) => await AwaitsAsync(question, child.TaskId, cancellation),
        (AppVerb.Purge or AppVerb.PurgeByForce, _) => await PurgeForAsync(question, cancellation),
        _ => throw new IOException($"Another app asks for {question.Event.GetType().Name}, which is not known here."),
    };

    private void SendAway_NeedsLock(Instance instance, HistoryEvent scheduled)
    {
        if (_options.Link is null || scheduled.Router?.TargetApp is not { } app || instance.State.Started is not { } started) return;
        instance.Away ??= [];
        if (instance.Away.ContainsKey(scheduled.EventId)) return;
        var scope = scheduled is TaskScheduled task ? task.Scope : ((ChildCreated)scheduled).Scope;
        var propagated = scope is null ? null : Propagation.For(scope, _options.AppId, instance.Id, started, HistoryUntil(instance, scheduled));
        var question = new AppQuestion(_options.AppId, instance.Id, started.ExecutionId, scheduled) { Propagated = propagated };
        if (scheduled is ChildCreated child) question = question with { Event = StartOf(child, instance.Id, started, propagated) };
        var waiting = CancellationTokenSource.CreateLinkedTokenSource(_stopped);
        instance.Away.Add(scheduled.EventId, waiting);
        _ = Task.Run(() => AwaitAwayAsync(instance, app, question, scheduled.EventId, waiting), CancellationToken.None);
    }

    private ExecutionStarted StartOf(ChildCreated child, string parentId, ExecutionStarted parent, PropagatedHistory? propagated) =>
        new(child.Name, child.InstanceId, Guid.NewGuid().ToString())
        {
            Timestamp = child.Timestamp,
            Router = child.Router,
            Input = child.Input,
            Trace = child.Trace,
            Parent = new ParentInstance(child.EventId, parent.Name, parentId, parent.ExecutionId) { AppId = _options.AppId },
            Propagated = propagated,
        };

    // Ends with an answer, or when the instance no longer waits or the engine stops.
    private async Task AwaitAwayAsync(Instance instance, string app, AppQuestion question, int taskId, CancellationTokenSource waiting)
    {
        using (waiting)
        {
            if (await AskUntilAnsweredAsync(app, question, waiting.Token) is not { } answer) return;
            using (Enter())
            {
                if (instance.Away?.GetValueOrDefault(taskId) != waiting) return;
                instance.Away.Remove(taskId);
                if (!instance.IsActive || instance.State.Started?.ExecutionId != question.ExecutionId) return;
                var unit = new CommitUnit();
                var router = question.Event is TaskScheduled ? question.Event.Router : new EventRouter(app, _options.AppId);
                unit.Changes.Add(Post_NeedsLock(instance, Answered(answer, taskId) with { Timestamp = Now, Router = router }));
                _committer.Enqueue(unit);
            }
        }
    }

    private static HistoryEvent Answered(HistoryEvent answer, int taskId) => answer switch
    {
        TaskCompleted completed => completed with { TaskId = taskId, EventId = -1 },
        TaskFailed failed => failed with { TaskId = taskId, EventId = -1 },
        ChildCompleted completed => completed with { TaskId = taskId, EventId = -1 },
        ChildFailed failed => failed with { TaskId = taskId, EventId = -1 },
        _ => new TaskFailed(taskId, new FailureDetails("UnknownAnswer", $"the other app answered with {answer.GetType().Name}"), ""),
    };

    private async Task<HistoryEvent?> AskUntilAnsweredAsync(string app, AppQuestion question, CancellationToken cancellation)
    {
        for (var pause = FirstAskAgain; ; pause = pause * 2 < LongestAskAgain ? pause * 2 : LongestAskAgain)
        {
            try
            {
                return await _options.Link!.AskAsync(app, question, cancellation);
            }
            catch (Exception) when (cancellation.IsCancellationRequested)
            {
                // What it would be asked through may be closed by now.
                return null;
            }
            catch (Exception fault)
            {
                // An app that is not there is no fault: its activities wait for it.
                if (fault is not IOException away) _options.OnFault(fault);
                else if (pause == Worrying) _options.OnAway(question.InstanceId, away);
            }
            try
            {
                await Task.Delay(pause, _time, cancellation);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }
    }

    private static void Recall_NeedsLock(Instance instance)
    {
        if (instance.Away is not { } away) return;
        instance.Away = null;
        // Cancelling runs what waits; that must not happen under the lock.
        instance.Recalled = Task.WhenAll(away.Values.Select(waiting => Task.Run(waiting.Cancel, CancellationToken.None)));
    }

    // A recursive termination reaches children in other apps after it is durable here; only then the store has the instance as finished.
    private void TakeLeave_NeedsLock(Instance instance, ExecutionCompleted completed)
    {
        var terminated = instance.State.History.OfType<ExecutionTerminated>().FirstOrDefault(happened => happened.Recurse);
        ChildCreated[] children = terminated is null || _options.Link is null
            ? []
            : [.. instance.State.OpenChildren.Values.Where(child => !IsOfThisApp(child))];
        instance.IsTakingLeave = true;
        var recalled = instance.Recalled;
        _ = Task.Run(
            async () =>
            {
                // A child whose start is still on its way must not be begun behind the word that ends it.
                await recalled.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                foreach (var child in children)
                {
                    var question = new AppQuestion(_options.AppId, instance.Id, instance.State.Started!.ExecutionId, terminated!)
                    {
                        ChildId = child.InstanceId,
                    };
                    if (await AskUntilAnsweredAsync(child.Router!.TargetApp!, question, _stopped) is null) return;
                }
                using (Enter())
                {
                    instance.IsTakingLeave = false;
                    if (!ReferenceEquals(instance.State.Completed, completed)) return;
                    var unit = new CommitUnit();
                    unit.Changes.Add(Append_NeedsLock(instance, new InstanceRecord { At = completed.Timestamp }));
                    _committer.Enqueue(unit);
                }
            },
            CancellationToken.None);
    }

    private readonly UnheardResults _unheard = new();

    private bool IsHere(ParentInstance parent) => parent.AppId is null || parent.AppId == _options.AppId;

    private async Task<HistoryEvent> RunGuestAsync(AppQuestion question, TaskScheduled task, CancellationToken cancellation)
    {
        ActivityItem item;
        using (Enter())
        {
            if (_unheard.Take(question.InstanceId, question.ExecutionId, task.EventId) is { } unheard) return unheard;
            item = Find_NeedsLock((question.InstanceId, task.EventId), question.ExecutionId, isGuest: true) ?? Guest_NeedsLock(question, task);
            item.Listeners++;
        }
        try
        {
            return EndOf(task, await item.Guest!.Task.WaitAsync(cancellation));
        }
        finally
        {
            using (Enter()) item.Listeners--;
        }
    }

    private ActivityItem Guest_NeedsLock(AppQuestion question, TaskScheduled task)
    {
        var item = new ActivityItem(question.InstanceId, question.ExecutionId, task)
        {
            Propagated = question.Propagated,
            Guest = new(TaskCreationOptions.RunContinuationsAsynchronously),
        };
        Offer_NeedsLock(item);
        return item;
    }

    private static HistoryEvent EndOf(TaskScheduled task, ActivityResult result) => result.Failure is null
        ? new TaskCompleted(task.EventId, result.Result, task.TaskExecutionId)
        : new TaskFailed(task.EventId, result.Failure, task.TaskExecutionId);

    private async Task<HistoryEvent> RunChildOfAsync(ExecutionStarted start, ParentInstance asked, CancellationToken cancellation)
    {
        string? verified = null;
        var parentExecution = asked.ExecutionId;
        while (true)
        {
            var instance = await AcquireAsync(start.InstanceId, cancellation);
            string? unverified = null;
            using (Enter())
            {
                if (instance.Evicted) continue;
                if (IsChildOf(instance, asked))
                {
                    parentExecution = StartOf(instance)!.Parent!.ExecutionId;
                }
                else
                {
                    if (instance.IsActive) return new ChildFailed(asked.TaskId, ChildId.Taken(start.InstanceId));
                    unverified = Unverified_NeedsLock(instance, verified);
                    if (unverified is null)
                    {
                        // Who asked may have recalled it, and is about to end what it finds here.
                        cancellation.ThrowIfCancellationRequested();
                        _ = Commit_NeedsLock(Begin_NeedsLock(instance, start with { Timestamp = Now }));
                    }
                }
            }
            if (unverified is null) break;
            if (await WhyNotAgainAsync(start.InstanceId, cancellation) is { } why) return new ChildFailed(asked.TaskId, ChildId.NotFree(why));
            verified = unverified;
        }
        // Until the start is durable, what is told of the id is the end of the child that had it before.
        var end = await WaitAsync(
            start.InstanceId,
            now => now is { Completed: not null, Started.Parent: { } parent } && IsSame(parent, asked) && parent.ExecutionId == parentExecution,
            cancellation);
        var completed = end.Completed!;
        return completed.Status == RuntimeStatus.Completed
            ? new ChildCompleted(asked.TaskId, completed.Result)
            : new ChildFailed(asked.TaskId, completed.Failure);
    }

    private async Task<HistoryEvent> TerminateChildOfAsync(AppQuestion question, ExecutionTerminated terminated, CancellationToken cancellation)
    {
        while (true)
        {
            var instance = await AcquireAsync(question.ChildId ?? "", cancellation);
            Task durable;
            using (Enter())
            {
                if (instance.Evicted) continue;
                // Between two generations the start is still in the inbox.
                var parent = StartOf(instance)?.Parent;
                if (!instance.IsActive || parent?.InstanceId != question.InstanceId || parent.AppId != question.SourceApp) return terminated;
                var unit = new CommitUnit();
                unit.Changes.Add(Post_NeedsLock(instance, terminated with { EventId = -1, Timestamp = Now, Router = null }));
                durable = unit.WhenDurable();
                _committer.Enqueue(unit);
            }
            await durable.WaitAsync(cancellation);
            return terminated;
        }
    }

    // A parent that started over takes a child of the same task on that still runs, as in daprd.
    private static bool IsChildOf(Instance instance, ParentInstance parent) => instance.Exists
        && StartOf(instance)?.Parent is { } known && IsSame(known, parent) && (instance.IsActive || known.ExecutionId == parent.ExecutionId);

    private static ExecutionStarted? StartOf(Instance instance) =>
        instance.State.Started ?? instance.Inbox.Select(item => item.Event).OfType<ExecutionStarted>().FirstOrDefault();

    private static bool IsSame(ParentInstance one, ParentInstance other) =>
        one.AppId == other.AppId && one.InstanceId == other.InstanceId && one.TaskId == other.TaskId;
}
