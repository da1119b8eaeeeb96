using LocalDapr.Engine.History;
using LocalDapr.Engine.Records;
using LocalDapr.Engine.Turns;

namespace LocalDapr.Engine.Hub;

// Workflows that are started in other apps and reported on to nobody, and activities that their workflow ended without.
public sealed partial class WorkflowEngine
{
    private Instance Letter_NeedsLock(string id)
    {
        var letter = new Instance(id);
        _instances.Add(id, letter);
        return letter;
    }

    private void Forget_NeedsLock(Instance? letter)
    {
        if (letter is { Exists: true }) _ = Commit_NeedsLock(Purge_NeedsLock(letter));
    }

    private void Send_NeedsLock(Instance letter)
    {
        if (letter.Inbox is [{ Event: TaskScheduled task }, { Event: ExecutionStarted of }])
        {
            if (IsOfThisApp(task)) Offer_NeedsLock(letter, task, of);
            else Send_NeedsLock(letter, new AppQuestion(_options.AppId, of.InstanceId, of.ExecutionId, task) { Propagated = of.Propagated });
        }
        else if (letter.Inbox is [{ Event: ExecutionStarted start }, ..])
        {
            Send_NeedsLock(letter, new AppQuestion(_options.AppId, start.InstanceId, start.ExecutionId, start));
        }
    }

    // Ends when the other app has it, whatever it made of it, or when the engine stops; the next start sends it again.
    private void Send_NeedsLock(Instance letter, AppQuestion question)
    {
        if (letter.Away is not null || _options.Link is null) return;
        letter.Away = [];
        var stopping = _stopping.Token;
        _ = Task.Run(
            async () =>
            {
                if (await AskUntilAnsweredAsync(question.Event.Router!.TargetApp!, question, stopping) is null) return;
                using (Enter()) Forget_NeedsLock(letter);
            },
            CancellationToken.None);
    }

    // The activity may be in a worker's hands since before its instance ended. One that started over wants the earlier one no more.
    private void Offer_NeedsLock(Instance letter, TaskScheduled task, ExecutionStarted of)
    {
        var key = (of.InstanceId, task.EventId);
        if (Find_NeedsLock(key, of.ExecutionId, isGuest: false) is { } known) known.Letter ??= letter;
        else if (_activities.GetValueOrDefault(key) is { Guest: null }) Forget_NeedsLock(letter);
        else Offer_NeedsLock(new ActivityItem(of.InstanceId, of.ExecutionId, task) { Propagated = of.Propagated, Letter = letter });
    }

    /// <summary>The activities that a turn ends its instance, or its generation, without; each with what it is of.</summary>
    private List<(TaskScheduled Task, ExecutionStarted Of)> LeftBehind(Instance instance, OpenTurn turn, TurnCommit commit)
    {
        if (commit.Restarted is null && !commit.History.Any(static happened => happened is ExecutionCompleted)) return [];
        var scheduled = instance.State.OpenActivities.Values.Concat(commit.IsOverruled ? [] : commit.History.OfType<TaskScheduled>());
        var left = new List<(TaskScheduled, ExecutionStarted)>();
        foreach (var task in scheduled)
        {
            if (instance.HasResultFor(task.EventId) || (!IsOfThisApp(task) && _options.Link is null)) continue;
            var started = instance.State.Started ?? turn.NewEvents.OfType<ExecutionStarted>().First();
            List<HistoryEvent> until = [.. instance.State.History.Concat(commit.History).TakeWhile(happened => !ReferenceEquals(happened, task)), task];
            left.Add((task, new ExecutionStarted(started.Name, instance.Id, started.ExecutionId)
            {
                Timestamp = Now,
                Propagated = task.Scope is null ? null : Propagation.For(task.Scope, _options.AppId, instance.Id, started, until),
            }));
        }
        return left;
    }

    private void Leave_NeedsLock(TaskScheduled task, ExecutionStarted of, CommitUnit unit)
    {
        var letter = Letter_NeedsLock(Letter.NewId(Guid.NewGuid().ToString()));
        if (Find_NeedsLock((of.InstanceId, task.EventId), of.ExecutionId, isGuest: false) is { } item) item.Letter = letter;
        InboxEvent[] inbox = [new(letter.NextInbox(), task), new(letter.NextInbox(), of)];
        unit.Changes.Add(Append_NeedsLock(letter, new InstanceRecord { At = of.Timestamp, Inbox = inbox, SetsCustomStatus = true }, begins: true));
    }

    /// <summary>
    /// Starts what another app's workflow wants started, once however often it asks. An id that is taken is nobody's concern: who starts a
    /// workflow this way does not wait for it.
    /// </summary>
    private async Task<HistoryEvent> ReceiveAsync(ExecutionStarted start, CancellationToken cancellation)
    {
        await BeginAsync(
            start.InstanceId,
            instance => instance.IsActive || (instance.Exists && IsOf(StartOf(instance), start.ExecutionId)),
            () => start with { Timestamp = Now },
            cancellation);
        return new DetachedCreated(start.InstanceId);
    }

    private static bool IsOf(ExecutionStarted? started, string executionId) =>
        started?.ExecutionId == executionId || started?.FirstExecutionId == executionId;
}
