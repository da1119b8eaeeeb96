using LocalDapr.Engine.History;
using LocalDapr.Engine.Records;
using LocalDapr.Engine.Turns;

namespace LocalDapr.Engine.Hub;

// Workflows in other apps and activities whose end nobody waits for.
public sealed partial class WorkflowEngine
{
    private Instance Letter_NeedsLock(string id)
    {
        var letter = new Instance(id);
        _instances.Add(id, letter);
        _letters.Add(letter);
        return letter;
    }

    private void Forget_NeedsLock(Instance? letter)
    {
        if (letter is { Exists: true }) _ = Commit_NeedsLock(Purge_NeedsLock(letter));
    }

    private void Send_NeedsLock(Instance letter)
    {
        _letters.Add(letter);
        if (letter.Inbox is [{ Event: TaskScheduled task }, { Event: ExecutionStarted of }])
        {
            if (IsOfThisApp(task)) Offer_NeedsLock(letter, task, of);
            else Send_NeedsLock(letter, new AppQuestion(_options.AppId, of.InstanceId, of.ExecutionId, task) { Propagated = of.Propagated });
        }
        else if (letter.Inbox is [{ Event: ExecutionStarted start }, ..])
        {
            var (id, executionId) = start.Parent is { } parent ? (parent.InstanceId, parent.ExecutionId) : (start.InstanceId, start.ExecutionId);
            Send_NeedsLock(letter, new AppQuestion(_options.AppId, id, executionId, start));
        }
    }

    // Ends when the other app has it, whatever it made of it, or when the engine stops; the next start sends it again.
    private void Send_NeedsLock(Instance letter, AppQuestion question)
    {
        if (letter.Away is not null || _options.Link is null) return;
        letter.Away = [];
        var stopping = _stopped;
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

    /// <summary>The letters to write when a turn ends its instance, or its generation, without waiting for everything that it asked for.</summary>
    private List<HistoryEvent[]> LeftBehind(Instance instance, OpenTurn turn, TurnCommit commit)
    {
        if (commit.Restarted is null && !commit.History.Any(static happened => happened is ExecutionCompleted)) return [];
        var started = instance.State.Started ?? turn.NewEvents.OfType<ExecutionStarted>().First();
        // What an overruled turn asked for is only told; what is terminated with its parent is not to be begun.
        var asked = commit.IsOverruled ? [] : commit.History;
        var children = turn.NewEvents.Any(static happened => happened is ExecutionTerminated { Recurse: true })
            ? [] : instance.State.OpenChildren.Values.Concat(asked.OfType<ChildCreated>());
        var letters = new List<HistoryEvent[]>();
        foreach (var task in instance.State.OpenActivities.Values.Concat(asked.OfType<TaskScheduled>()))
        {
            if (instance.HasResultFor(task.EventId) || (!IsOfThisApp(task) && _options.Link is null)) continue;
            var of = new ExecutionStarted(started.Name, instance.Id, started.ExecutionId) { Timestamp = Now, Propagated = Propagated(task.Scope, task) };
            letters.Add([task, of]);
        }
        foreach (var child in children)
        {
            if (IsOfThisApp(child) || _options.Link is null || instance.HasChildResultFor(child.EventId)) continue;
            letters.Add([StartOf(child, instance.Id, started, Propagated(child.Scope, child))]);
        }
        return letters;

        PropagatedHistory? Propagated(PropagationScope? scope, HistoryEvent scheduled) => scope is null ? null : Propagation.For(
            scope,
            _options.AppId,
            instance.Id,
            started,
            [.. instance.State.History.Concat(commit.History).TakeWhile(happened => !ReferenceEquals(happened, scheduled)), scheduled]);
    }

    private void Leave_NeedsLock(HistoryEvent[] content, CommitUnit unit)
    {
        var letter = Letter_NeedsLock(Letter.NewId(Guid.NewGuid().ToString()));
        if (content is [TaskScheduled task, ExecutionStarted of]
            && Find_NeedsLock((of.InstanceId, task.EventId), of.ExecutionId, isGuest: false) is { } item)
        {
            item.Letter = letter;
        }
        InboxEvent[] inbox = [.. content.Select(happened => new InboxEvent(letter.NextInbox(), happened))];
        unit.Changes.Add(Append_NeedsLock(letter, new InstanceRecord { At = Now, Inbox = inbox, SetsCustomStatus = true }, begins: true));
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
